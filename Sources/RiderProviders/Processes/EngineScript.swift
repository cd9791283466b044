import Glibc

/// Puts the engine scripts that are part of the program where a process can read them.
enum EngineScript {
    struct WriteError: Error, CustomStringConvertible {
        let path: String
        let reason: String

        var description: String { "cannot write the engine script \(path): \(reason)" }
    }

    /// The scripts by the names they have in `tools/engines`.
    private static let all: [String: [UInt8]] = [
        "vision_opencv.py": PackageResources.vision_opencv_py,
        "speech_pocketsphinx.py": PackageResources.speech_pocketsphinx_py,
    ]

    /// Writes those scripts that the arguments name as `{engines}/NAME`.
    ///
    /// - Returns: the arguments with the folder in the place of `{engines}`.
    static func resolve(_ arguments: [String], in folder: String) throws(WriteError) -> [String] {
        var resolved: [String] = []
        for argument in arguments {
            if argument.hasPrefix("{engines}/"), let script = all[String(argument.dropFirst("{engines}/".count))] {
                try write(script, to: folder + argument.dropFirst("{engines}".count), in: folder)
            }
            resolved.append(argument.replacing("{engines}", with: folder))
        }
        return resolved
    }

    /// Writes a script into a private folder (0700, file 0600), in one step that others never see half done.
    private static func write(_ bytes: [UInt8], to path: String, in folder: String) throws(WriteError) {
        if let problem = PrivateFolder.make(folder) { throw WriteError(path: folder, reason: problem) }
        let temporary = path + ".\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw WriteError(path: temporary, reason: String(cString: strerror(errno))) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
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
    }
}
