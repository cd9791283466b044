import Glibc
import Logging
import RiderExecution
import Synchronization

/// Runs a program to its end: input from memory, output into memory, both bounded. Cancellation kills it.
///
/// It blocks a thread of its own for as long as the program runs.
struct CommandRun: Sendable {
    /// What a program left behind.
    struct Output: Sendable {
        var output: [UInt8]
        /// The beginning of its standard error.
        var errors: String
        var ending: ChildProcess.Ending
    }

    struct OutputTooLong: Error {}

    /// What goes into an ``InputFile`` whose path stands for `{input}` in the command.
    struct FileInput: Sendable {
        var folder: String
        var suffix: String
        var bytes: [UInt8]
    }

    /// The program, a path or a name to be found in PATH, and its arguments. No shell is involved.
    let command: [String]
    var input: [UInt8] = []
    var inputFile: FileInput?
    let maximumOutputBytes: Int
    /// Gets what the program says on its standard error, line by line; nil for nobody.
    var logger: Logger?

    /// - Throws: `InputFile.WriteError`, `ChildProcess.SpawnError`, ``OutputTooLong``, `CancellationError`.
    func run() async throws -> Output {
        let stop = Stop()
        return try await DetachedThread.run(name: "command") {
            stop.isSet.store(true, ordering: .releasing)
            stop.bell.ring()
        } loop: {
            guard let inputFile else { return try self.run(command, until: stop) }
            let file = try InputFile(folder: inputFile.folder, suffix: inputFile.suffix, bytes: inputFile.bytes)
            let command = command.map { EngineProgram.filled($0, ["input": file.path]) }
            return try withExtendedLifetime(file) { try self.run(command, until: stop) }
        }
    }

    private func run(_ command: [String], until stop: Stop) throws -> Output {
        var transfer = Transfer(self, child: try ChildProcess(command))
        let output = try transfer.run(until: stop)
        if let logger {
            for line in output.errors.split(whereSeparator: \.isNewline).prefix(Self.maximumLoggedLines) {
                logger.info("\(line.prefix(512))")
            }
        }
        return output
    }

    private static let maximumLoggedLines = 20

    private final class Stop: Sendable {
        let isSet = Atomic(false)
        let bell = Doorbell()
    }

    /// Moves bytes to and from the child until it is done.
    private struct Transfer: ~Copyable {
        private static let maximumErrorBytes = 16_384
        /// Somebody else may hold the error stream open after the program's end.
        private static let lastWords: Int32 = 1000

        private var child: ChildProcess?
        private var unsent: ArraySlice<UInt8>
        private let maximumOutputBytes: Int
        private var output: [UInt8] = []
        private var errors: [UInt8] = []
        private var outputIsOpen = true
        private var errorsAreOpen = true

        init(_ command: CommandRun, child: consuming ChildProcess) {
            self.child = consume child
            unsent = command.input[...]
            maximumOutputBytes = command.maximumOutputBytes
        }

        mutating func run(until stop: Stop) throws -> Output {
            do {
                while outputIsOpen || errorsAreOpen {
                    if stop.isSet.load(ordering: .acquiring) { throw CancellationError() }
                    guard try wait(stop.bell) else { break }
                }
            } catch {
                _ = child.take()?.reap()
                throw error
            }
            guard let ending = child.take()?.reap() else { throw CancellationError() }
            return Output(output: output, errors: String(decoding: errors, as: UTF8.self), ending: ending)
        }

        /// - Returns: false when the program is done but its error stream stays open.
        private mutating func wait(_ bell: Doorbell) throws -> Bool {
            if unsent.isEmpty { child?.closeInput() }
            guard let input = child?.input, let output = child?.output, let errors = child?.errors else { return false }
            // `poll` skips negative descriptors.
            var polled = [
                pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: outputIsOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorsAreOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            ]
            let count = poll(&polled, nfds_t(polled.count), outputIsOpen ? -1 : Self.lastWords)
            if count == 0 { return false }
            guard count > 0 else { return true }
            if polled[3].revents != 0 { write(to: input) }
            if polled[2].revents != 0 { readErrors(from: errors) }
            if polled[1].revents != 0 { try readOutput(from: output) }
            return true
        }

        private mutating func write(to input: Int32) {
            let count = unsent.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            if count > 0 {
                unsent = unsent.dropFirst(count)
            } else if count < 0, errno != EAGAIN, errno != EINTR {
                // It does not want to hear more; what it says and how it ends decides.
                unsent = []
            }
        }

        private mutating func readOutput(from descriptor: Int32) throws {
            guard let bytes = Self.read(descriptor) else { return }
            if bytes.isEmpty { outputIsOpen = false }
            output += bytes
            if output.count > maximumOutputBytes { throw OutputTooLong() }
        }

        private mutating func readErrors(from descriptor: Int32) {
            guard let bytes = Self.read(descriptor) else { return }
            if bytes.isEmpty { errorsAreOpen = false }
            errors += bytes.prefix(Self.maximumErrorBytes - errors.count)
        }

        /// - Returns: nil when there is nothing yet, nothing at the end.
        private static func read(_ descriptor: Int32) -> [UInt8]? {
            var isWaiting = false
            let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                isWaiting = result < 0 && (errno == EAGAIN || errno == EINTR)
                count = max(0, result)
            }
            return isWaiting ? nil : bytes
        }
    }
}
