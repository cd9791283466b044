import Glibc
import RiderExecution
import Synchronization

/// Reads lines from a descriptor on a thread of its own.
///
/// A slow producer is not made to wait for a full batch: what has arrived is handed over.
actor LineInput {
    private nonisolated let executor = ThreadExecutor(name: "line-input")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let descriptor: Int32
    private var splitter: LineSplitter
    private var ready: [LineSplitter.Line] = []
    private var isAtEnd = false
    /// How much has been read; lines that are not handed over yet included.
    private let count = Atomic(0)
    nonisolated var bytesRead: Int { count.load(ordering: .relaxed) }
    /// How much there is to read in bytes; nil for what is no file.
    nonisolated let size: Int?

    /// - Parameter lineLimit: longer lines are skipped; see ``LineSplitter/Line/bytes``.
    init(descriptor: Int32 = STDIN_FILENO, lineLimit: Int) {
        self.descriptor = descriptor
        var facts = stat()
        let isFile = fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(facts.st_size) : nil
        splitter = LineSplitter(limit: lineLimit)
    }

    /// - Returns: at least one line, at most `count`; none at the end of the input.
    func next(_ count: Int) throws(CommandFailure) -> [LineSplitter.Line] {
        while ready.isEmpty, !isAtEnd { try fill() }
        let lines = Array(ready.prefix(count))
        ready.removeFirst(lines.count)
        return lines
    }

    private func fill() throws(CommandFailure) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { return }
        guard count >= 0 else {
            throw CommandFailure("the input cannot be read: \(String(cString: strerror(errno)))")
        }
        self.count.wrappingAdd(max(0, count), ordering: .relaxed)
        if count == 0 {
            isAtEnd = true
            splitter.end(into: &ready)
        } else {
            splitter.split(buffer[..<count], into: &ready)
        }
    }
}
