import Glibc

/// A file with the input of one run of a program, in a private folder; it is gone when the run is over.
struct InputFile: ~Copyable {
    struct WriteError: Error, CustomStringConvertible {
        let path: String
        let reason: String

        var description: String { "cannot write \(path): \(reason)" }
    }

    let path: String

    /// Blocks while it writes.
    init(folder: String, suffix: String, bytes: [UInt8]) throws(WriteError) {
        if let problem = PrivateFolder.make(folder) { throw WriteError(path: folder, reason: problem) }
        let path = "\(folder)/input-\(String(UInt64.random(in: .min ... .max), radix: 36))\(suffix)"
        if let reason = Self.write(bytes, to: path) {
            unlink(path)
            throw WriteError(path: path, reason: reason)
        }
        self.path = path
    }

    /// - Returns: what went wrong; nil when all was written.
    private static func write(_ bytes: [UInt8], to path: String) -> String? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(cString: strerror(errno)) }
            written += count
        }
        return nil
    }

    deinit { unlink(path) }
}

/// Folders that only their owner may look into.
enum PrivateFolder {
    /// Makes the folder and those above it, with mode 0700, where they are missing.
    ///
    /// - Returns: what went wrong; nil when it is there.
    static func make(_ folder: String) -> String? {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else { return String(cString: strerror(errno)) }
        }
        return nil
    }
}
