import ArgumentParser

/// How a command ended, for scripts.
enum ExitStatus: Int32, Sendable {
    case done = 0
    case failed = 1
    case wrongUse = 2
    case partlyDone = 3

    var code: ExitCode { ExitCode(rawValue) }
}

/// Ends a command with a message for a person and a status for a script.
struct CommandFailure: Error {
    var status: ExitStatus
    var message: String

    init(_ message: String, status: ExitStatus = .failed) {
        self.message = message
        self.status = status
    }
}
