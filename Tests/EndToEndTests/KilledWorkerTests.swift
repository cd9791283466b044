import Foundation
import RiderModel
import Testing

@Suite(.serialized) struct KilledWorkerTests {
    private static let killCount = 20
    private static let taskCount = 5000

    @Test func aWorkerKilledTwentyTimesLosesNoTask() async throws {
        let world = try World()
        defer { world.remove() }
        var enqueued = 0
        var generator = SystemRandomNumberGenerator()

        // Each kill comes after a random number of results: somewhere between claim, commit, acknowledgement and publication.
        for kill in 1...Self.killCount {
            let share = Self.taskCount / Self.killCount
            var waiting = try await unfinished(in: world)
            while enqueued < kill * share || waiting < share {
                try await enqueue(share, from: enqueued, in: world)
                enqueued += share
                waiting += share
            }
            let before = try await resultCount(in: world)
            let target = before + Int.random(in: 1...share, using: &generator)
            let worker = try world.rider(["worker"])
            while try await resultCount(in: world) < target { await Task.yield() }
            worker.signal(SIGKILL)
            _ = await worker.wait()
        }

        let worker = try world.rider(["worker"])
        while try await unfinished(in: world) > 0 { await Task.yield() }
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0, "\(worker.standardError)")

        let distinct = try await world.sqlite("SELECT count(DISTINCT task_id) FROM result")
        #expect(distinct == [String(enqueued)])
        // What was reported twice is not new: its attempt says so.
        let twiceNew = try await world.sqlite(
            "SELECT count(*) FROM (SELECT 1 FROM result GROUP BY task_id, attempt HAVING count(*) > 1)")
        #expect(twiceNew == ["0"])
        #expect(try await world.sqlite("PRAGMA integrity_check") == ["ok"])
        let stats = try JSONValue(parsing: try await world.output(["queue", "stats", "--json"]))
        #expect(stats["dead"] == 0)
    }

    private func enqueue(_ count: Int, from start: Int, in world: World) async throws {
        let tasks = (start..<(start + count)).map { number in
            #"{"task_id":"t\#(number)","task_type":"text.nlu","payload":{"text":"jedź do kuchni"},"priority":\#(number % 10 + 1)}"#
        }
        _ = try await world.output(["enqueue", "-"], input: tasks.joined(separator: "\n"))
    }

    private func unfinished(in world: World) async throws -> Int {
        let stats = try JSONValue(parsing: try await world.output(["queue", "stats", "--json"]))
        var sum = 0
        for state in ["waiting", "leased", "delayed"] {
            let count = stats[state]?.int
            sum += try #require(count)
        }
        return sum
    }

    /// Rows as SQLite's own program counts them beside the running worker.
    private func resultCount(in world: World) async throws -> Int {
        guard FileManager.default.fileExists(atPath: world.journal.path),
            try await world.sqlite("SELECT count(*) FROM sqlite_master WHERE name = 'result'") == ["1"]
        else { return 0 }
        return try await world.sqlite("SELECT count(*) FROM result").first.flatMap { Int($0) } ?? 0
    }
}
