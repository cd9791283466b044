import Foundation
import RiderModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import rider

/// `rider listen` against a foreign publisher.
@Suite struct ListenTests {
    /// Binds, says where, sends numbered messages once a subscriber is there.
    private static let publisher = """
        import sys, zmq
        numbers = [int(n) for n in sys.argv[2:]]
        context = zmq.Context()
        socket = context.socket(zmq.XPUB)
        socket.bind(sys.argv[1])
        socket.recv()
        for n in numbers:
            body = '{"task_id":"t%d","_rider":{"pub":"p","seq":%d,"tseq":%d,"ts":1.5}}' % (n, n, n)
            socket.send_multipart([b"telemetry.text", body.encode()])
        socket.poll(10000)
        context.destroy(linger=1000)
        """

    private func listen(to numbers: [Int], count: Int) async throws -> RiderProcess.Outcome {
        let rider = try RiderProcess()
        let port = try freePort()
        return try await withThrowingTaskGroup(of: RiderProcess.Outcome?.self) { group in
            group.addTask {
                _ = try await Subprocess.run(
                    .path("/usr/bin/python3"),
                    arguments: Arguments(["-c", Self.publisher, "tcp://127.0.0.1:\(port)"] + numbers.map(String.init)),
                    output: .discarded)
                return nil
            }
            group.addTask {
                try await rider.run(
                    "listen", "--endpoint", "tcp://127.0.0.1:\(port)", "--count", String(count), "--for", "30s",
                    "--json")
            }
            var outcome: RiderProcess.Outcome?
            for try await finished in group { outcome = outcome ?? finished }
            return try #require(outcome)
        }
    }

    @Test func messagesAreLinesAndMissingNumbersAFailure() async throws {
        let outcome = try await listen(to: [1, 2, 5], count: 3)
        #expect(outcome.status == 1, "\(outcome.errors)")
        let lines = try outcome.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(lines.count == 4)
        #expect(lines[0]["topic"]?.string == "telemetry.text")
        #expect(lines[2]["body"]?["task_id"]?.string == "t5")
        #expect(lines.last?["summary"]?["missing"]?.array?.first?["runs"] == [[3, 4]])
    }

    @Test func whatARepetitionBringsIsNotMissing() async throws {
        let outcome = try await listen(to: [1, 3, 2], count: 3)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }
}
