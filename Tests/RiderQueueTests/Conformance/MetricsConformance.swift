import RiderModel
import RiderQueue
import TestSupport
import Testing

extension QueueConformance {
    @Suite struct Metrics {
        @Test(arguments: QueueBackend.all)
        func everythingThatHappensToATaskIsCounted(_ backend: QueueBackend) async throws {
            let counts = CountingMetrics()
            try await backend.withStore { store in
                let configuration = QueueConfiguration.testing.with {
                    $0.maxSize = 4
                    $0.maxAttempts = 2
                }
                let queue = try await store.open("worker", configuration, randomness: { 1 }, metrics: counts)
                let late = try task("late", expiresIn: .milliseconds(10))
                let batch = [try task("a"), try task("b"), try task("a"), late, try task("c"), try task("no room")]
                #expect(try await queue.enqueue(batch).last == .full(limit: 4))

                try await store.advance(by: .milliseconds(20))
                let first = try await queue.claim()
                #expect(first.ids == ["a", "b", "late", "c"])
                #expect(first.allSatisfy { $0.waited >= .milliseconds(20) && $0.waited < .seconds(10) })
                #expect(try await queue.fail(first[0].lease, reason: "test") != .dead)
                #expect(try await queue.acknowledge(Array(first[2...])) == [])

                // The lease of b ends and the wait of a is over.
                try await store.advance(by: .milliseconds(450))
                let second = try await queue.claim()
                #expect(second.ids == ["a", "b"])
                #expect(try await queue.fail(second[0].lease, reason: "test") == .dead)
                try await store.advance(by: .milliseconds(450))
                #expect(try await queue.claim().isEmpty)

                _ = try await queue.enqueue([
                    try task("f1", .visionFrame, newestWins: 1), try task("f2", .visionFrame, newestWins: 1),
                ])
            }
            for (name, expected) in [
                ("enqueued", 6.0), ("full", 1), ("expired", 1), ("superseded", 1), ("dead", 2), ("retried", 1),
                ("reaped", 2), ("dead_dropped", 0),
            ] {
                #expect(counts.value("task_queue_\(name)_total") == expected, "\(name)")
            }
        }
    }
}
