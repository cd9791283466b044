import Glibc
import RiderHistory

/// A file that appears under its name only when it is complete: until then it is `NAME.part`.
final class OutputFile: HistoryExport.Sink {
    private let path: String
    private let descriptor: Int32
    private var isFinished = false

    private var partPath: String { path + ".part" }

    init(path: String) throws {
        self.path = path
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("making \(path)") }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(partPath) }
    }

    private static func failure(_ action: String) -> CommandFailure {
        CommandFailure("\(action) failed: \(String(cString: strerror(errno)))")
    }

    func write(_ bytes: [UInt8]) throws {
        guard Descriptor(number: descriptor).write(bytes) else { throw Self.failure("writing \(partPath)") }
    }

    func finish() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure("writing \(partPath)") }
        guard rename(partPath, path) == 0 else { throw Self.failure("renaming \(partPath)") }
        isFinished = true
        // The name as well, not only the bytes, survives a power cut.
        let folder = path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
        if folderDescriptor >= 0 {
            fsync(folderDescriptor)
            close(folderDescriptor)
        }
    }
}
