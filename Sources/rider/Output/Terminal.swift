import Glibc

/// Standard output and standard error.
enum Terminal {
    static var isErrorATerminal: Bool { isatty(STDERR_FILENO) == 1 }
    static var isInputATerminal: Bool { isatty(STDIN_FILENO) == 1 }

    static func write(_ text: String) {
        write(Array(text.utf8), to: STDOUT_FILENO)
    }

    static func writeError(_ text: String) {
        write(Array(text.utf8), to: STDERR_FILENO)
    }

    /// One line on standard error with the program's name before it.
    static func complain(_ message: String) {
        writeError("rider: \(message)\n")
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                // Whoever read the output has gone: there is nobody to tell.
                guard written > 0 else { return }
                rest = rest[(rest.startIndex + written)...]
            }
        }
    }
}
