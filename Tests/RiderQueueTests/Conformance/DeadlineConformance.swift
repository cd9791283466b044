import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Deadlines {
        @Test(arguments: QueueBackend.all)
        func anExpiredTaskComesOutToBeAnswered(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                let before = try await store.now()
                _ = try await queue.enqueue([
                    try task("late", expiresIn: .milliseconds(100)), try task("patient", expiresIn: .seconds(60)),
                    try task("any"),
                ])
                try await store.advance(by: .milliseconds(150))

                let tasks = try await queue.claim()
                #expect(tasks.ids == ["late", "patient", "any"])
                #expect(tasks.map(\.refusal) == [.expired, nil, nil])
                #expect(tasks[0].waited >= .milliseconds(150))
                #expect(tasks[0].enqueuedAt >= before)
                #expect(tasks[1].deadline == tasks[1].enqueuedAt + .seconds(60))
                #expect(tasks[2].deadline == nil)
                #expect(try await queue.acknowledge(tasks) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func expiredTasksTakeNoPlaceOfTheirDomain(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                _ = try await queue.enqueue(try (0..<3).map { try task("late\($0)", expiresIn: .milliseconds(50)) })
                try await queue.put("good", "next")
                try await store.advance(by: .milliseconds(100))
                let request = ClaimRequest(capacity: [.text: 1], limit: 10)
                let tasks = try await queue.cycle(acknowledging: [], claiming: request).tasks
                #expect(tasks.ids == ["late0", "late1", "late2", "good"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskThatComesBackTooLateIsExpired(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                _ = try await queue.enqueue([try task("a", expiresIn: .milliseconds(300))])
                #expect(try await queue.claim().map(\.refusal) == [nil])
                try await store.advance(by: .milliseconds(450))
                #expect(try await queue.claim().map(\.refusal) == [.expired])
            }
        }
    }
}
