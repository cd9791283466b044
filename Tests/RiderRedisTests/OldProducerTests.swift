import Foundation
import RiderModel
import RiderQueue
import Testing

@testable import RiderRedis

/// Rider-Pc's way of writing tasks: LPUSH on one of four lists, from redis-py.
@Suite(.timeLimit(.minutes(2)))
struct OldProducerTests {
    /// As Rider-Pc's `RedisTaskQueue.enqueue` does it: four lists for ten levels, one element per call, non-ASCII escaped.
    private static let producer = """
        import json, random, sys
        import redis

        client = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
        chance = random.Random(7)

        def list_of(priority):
            if priority == 1: return "task_queue:priority_critical"
            if priority == 2: return "task_queue:priority_high"
            return "task_queue:priority_medium" if priority <= 6 else "task_queue:priority_low"

        for number in range(int(sys.argv[2])):
            priority = chance.randint(1, 10)
            client.lpush(list_of(priority), json.dumps({
                "task_id": f"old-{number}", "task_type": "text.nlu", "payload": {"text": "jedź do przodu"},
                "meta": {"source_topic": "test"}, "priority": priority}))
            print(number, priority)
        """

    @Test func theFourListsAreDrainedCompletelyAndInOrder() async throws {
        try await withServer { server in
            let written = try Self.write(3_000, to: server)
            #expect(written.count == 3_000)
            let queue = server.queue(server.configuration.draining)
            var claimed: [String] = []
            while case let tasks = try await queue.claim(100), !tasks.isEmpty {
                claimed += tasks.ids
                #expect(tasks.allSatisfy { $0.envelope.meta != nil })
                #expect(try await queue.acknowledge(tasks) == [])
            }
            let expected = (1...10).flatMap { level in written.filter { $0.priority == level } }
            #expect(claimed == expected.map { "old-\($0.number)" })
            #expect(try await queue.stats().totalWaiting == 0)
            #expect(try server.cli("keys", "task_queue:*") == "")
        }
    }

    private static func write(_ count: Int, to server: RedisServer) throws -> [(number: Int, priority: Int)] {
        let process = Process()
        // Debian's Python, which has Debian's redis-py.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", producer, server.socket, String(count)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { Int($0) }
            return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
        }
    }
}
