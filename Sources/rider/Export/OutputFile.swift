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

/// Compresses what it is given.
final class GzippedOutput: HistoryExport.Sink {
    private let output: any HistoryExport.Sink
    private let stream: GzipStream

    init(_ output: any HistoryExport.Sink) throws {
        self.output = output
        stream = try GzipStream()
    }

    func write(_ bytes: [UInt8]) throws {
        let compressed = stream.compress(bytes)
        if !compressed.isEmpty { try output.write(compressed) }
    }

    func finish() throws {
        try output.write(stream.finish())
        try output.finish()
    }
}

private struct Descriptor {
    let number: Int32

    /// - Returns: false with `errno` when not everything could be written.
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let written = Glibc.write(number, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return false }
                offset += written
            }
            return true
        }
    }
}
