import Glibc

/// Puts the engine scripts that are part of the program where a process can read them.
enum EngineScript {
    struct WriteError: Error, CustomStringConvertible {
        let path: String
        let reason: String

        var description: String { "cannot write the engine script \(path): \(reason)" }
    }

    /// Writes `vision_opencv.py` into a private folder (0700, file 0600), in one step that others never see half done.
    ///
    /// - Returns: its path.
    static func writeVisionEngine(into folder: String) throws(WriteError) -> String {
        try makeFolder(folder)
        let path = folder + "/vision_opencv.py"
        let temporary = path + ".\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw WriteError(path: temporary, reason: String(cString: strerror(errno))) }
        let bytes = PackageResources.vision_opencv_py
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                close(descriptor)
                unlink(temporary)
                throw WriteError(path: temporary, reason: reason)
            }
            written += count
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw WriteError(path: path, reason: reason)
        }
        return path
    }

    private static func makeFolder(_ folder: String) throws(WriteError) {
        var path = folder.hasPrefix("/") ? "/" : ""
        for part in folder.split(separator: "/") {
            path += (path.isEmpty || path.hasSuffix("/") ? "" : "/") + part
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw WriteError(path: path, reason: String(cString: strerror(errno)))
            }
        }
    }
}
