import Glibc
import RiderBus
import TestSupport

/// A real broker process.
final class Broker: Sendable {
    let process: ForeignProcess
    /// Where publishers connect.
    let input: Endpoint
    /// Where listeners connect.
    let output: Endpoint

    private init(process: ForeignProcess, ports: [UInt16]) {
        self.process = process
        input = .connect("127.0.0.1", port: ports[0])
        output = .connect("127.0.0.1", port: ports[1])
    }

    static func start() async throws -> Broker {
        try await start(arguments: [])
    }

    /// Another broker at the same place, after the first one is gone.
    func restart() async throws -> Broker {
        try await Self.start(arguments: [String(input.port), String(output.port)])
    }

    private static func start(arguments: [String]) async throws -> Broker {
        let process = try ForeignProcess("broker.py", arguments)
        let ports = try await process.line(beginning: "ports").split(separator: " ").compactMap { UInt16($0) }
        return Broker(process: process, ports: ports)
    }

    /// A listener of the topics, in the order of the alphabet, in which they arrive; returns when the broker has passed its subscriptions on.
    func listener(_ topics: String...) async throws -> ForeignProcess {
        let listener = try ForeignProcess("listener.py", [output.address] + topics)
        for topic in topics { try await process.line(beginning: "subscribe \(topic)") }
        return listener
    }

    func freeze() { process.kill(SIGSTOP) }
    func thaw() { process.kill(SIGCONT) }
    func kill() { process.kill(SIGKILL) }
}
