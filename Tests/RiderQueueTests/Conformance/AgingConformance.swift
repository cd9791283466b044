import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Aging {
        private static let aging = QueueConfiguration.testing.with { $0.aging = .milliseconds(100) }

        @Test(arguments: QueueBackend.all)
        func withoutItTheLevelsAreStrictHoweverLongATaskWaits(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await queue.put("old", priority: 10)
                try await store.advance(by: .seconds(1_000))
                try await queue.put("new", priority: 9)
                #expect(try await queue.claim(1).ids == ["new"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskRisesByOneLevelForEachSpanItHasWaited(_ backend: QueueBackend) async throws {
            try await backend.withQueue(Self.aging) { queue, store in
                try await queue.put("old", priority: 9)
                try await store.advance(by: .milliseconds(250))
                // It stands at level 7 now, before what is new there and behind what is more urgent.
                try await queue.put("seven", type: .voiceTTS, priority: 7)
                try await queue.put("six", priority: 6)
                #expect(try await queue.claim(2).ids == ["six", "old"])
                #expect(try await queue.claim().ids == ["seven"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func nobodyStarvesUnderASteadyStreamOfUrgentTasks(_ backend: QueueBackend) async throws {
            try await backend.withQueue(Self.aging) { queue, store in
                try await queue.put("least", priority: 10)
                var claimed: [String] = []
                for round in 0..<12 {
                    try await queue.put("urgent\(round)", priority: 1)
                    let tasks = try await queue.claim(1)
                    claimed += tasks.ids
                    #expect(try await queue.acknowledge(tasks) == [])
                    try await store.advance(by: .milliseconds(100))
                }
                // Once it stands at level 1 it is the oldest there.
                #expect(claimed.firstIndex(of: "least") == 9)
            }
        }

        @Test(arguments: QueueBackend.all)
        func levelsTakeTurnsInOneClaim(_ backend: QueueBackend) async throws {
            try await backend.withQueue(Self.aging) { queue, store in
                try await queue.put("a3", "b3", priority: 3)
                try await store.advance(by: .milliseconds(100))
                try await queue.put("c2", "d2", priority: 2)
                try await queue.put("e3", priority: 3)
                #expect(try await queue.claim().ids == ["a3", "b3", "c2", "d2", "e3"])
                #expect(try await queue.stats().totalWaiting == 0)
            }
        }
    }
}
