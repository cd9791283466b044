import Glibc
import RiderHistory

/// Standard output.
final class StandardOutput: HistoryExport.Sink {
    func write(_ bytes: [UInt8]) throws {
        guard Descriptor(number: STDOUT_FILENO).write(bytes) else {
            // Whoever read the output has gone, as `head` does: there is nobody to tell.
            if errno == EPIPE { throw ExitStatus.failed.code }
            throw CommandFailure("writing to standard output failed: \(String(cString: strerror(errno)))")
        }
    }

    func finish() {}
}
