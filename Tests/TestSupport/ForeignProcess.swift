/// A Python program whose lines are awaited one by one. It is killed with the value.
package final class ForeignProcess: Sendable {
    /// Debian's, which has Debian's zmq.
    private static let python = "/usr/bin/python3"

    private let process: RunningProcess

    /// - Parameter script: its path.
    package init(script: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        process = try RunningProcess(Self.python, [script] + arguments, environment: environment)
    }

    /// The next line; an error when the program has ended.
    package func nextLine() async throws -> String {
        for await line in process.lines { return line }
        throw Ended(complaints: process.standardError)
    }

    /// Reads lines until one begins like this, and returns it.
    @discardableResult
    package func line(beginning start: String) async throws -> String {
        while true {
            let line = try await nextLine()
            if line.hasPrefix(start) { return line }
        }
    }

    package func write(_ line: String) throws {
        try process.write(line)
    }

    package func kill(_ signal: Int32) {
        process.signal(signal)
    }

    struct Ended: Error {
        let complaints: String
    }
}
