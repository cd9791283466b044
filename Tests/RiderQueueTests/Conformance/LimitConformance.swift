import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Limits {
        @Test(arguments: QueueBackend.all)
        func aFullQueueRefusesAndCountsAllThatIsInIt(_ backend: QueueBackend) async throws {
            try await backend.withQueue(.testing.with { $0.maxSize = 4 }) { queue, store in
                try await queue.put("leased", "delayed")
                let claimed = try await queue.claim()
                _ = try await queue.fail(claimed[1].lease, reason: "engine away")
                let outcomes = try await queue.enqueue(try ["a", "b", "c", "a"].map { try task($0) })
                #expect(outcomes == [.queued, .queued, .full(limit: 4), .duplicate])

                #expect(try await queue.acknowledge([claimed[0]]) == [])
                #expect(try await queue.enqueue([try task("c"), try task("d")]) == [.queued, .full(limit: 4)])
                #expect(try await queue.stats().limit == 4)
            }
        }

        @Test(arguments: QueueBackend.all)
        func anIdIsInTheQueueOnce(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                #expect(
                    try await queue.enqueue([try task("a"), try task("a", .voiceTTS), try task("b")])
                        == [.queued, .duplicate, .queued])
                let claimed = try await queue.claim()
                #expect(claimed.ids == ["a", "b"])
                #expect(try await queue.enqueue([try task("a")]) == [.duplicate])
                _ = try await queue.fail(claimed[0].lease, reason: "engine away")
                #expect(try await queue.enqueue([try task("a")]) == [.duplicate])
                try await store.advance(by: .milliseconds(100))
                #expect(try await queue.acknowledge(try await queue.claim()) == [])
                #expect(try await queue.enqueue([try task("a")]) == [.queued])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskThatIsTooLargeKeepsNoOtherOut(_ backend: QueueBackend) async throws {
            try await backend.withQueue(.testing.with { $0.maxTaskBytes = 500 }) { queue, _ in
                let outcomes = try await queue.enqueue([
                    NewTask(try envelope("small")), NewTask(try envelope("large", bytes: 500)),
                    NewTask(try envelope("next")),
                ])
                #expect(outcomes == [.queued, .tooLarge(limit: 500), .queued])
                #expect(try await queue.enqueue([]) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func theNewestFramesWin(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("detection", type: .visionDetection, priority: 1)
                for index in 0..<6 {
                    #expect(
                        try await queue.enqueue([try task("f\(index)", .visionFrame, 1, newestWins: 2)]) == [.queued])
                }
                let stats = try await queue.stats()
                #expect(stats.totalWaiting == 3 && stats.superseded == 4)

                let tasks = try await queue.claim(9)
                #expect(tasks.filter { $0.refusal == nil }.ids == ["detection", "f4", "f5"])
                #expect(tasks.filter { $0.refusal == .superseded }.ids == ["f0", "f1", "f2", "f3"])
                #expect(try await queue.acknowledge(tasks) == [])
                #expect(try await queue.list(limit: 9) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aBatchOfFramesSupersedesItsOwnOldest(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                _ = try await queue.enqueue(try (0..<5).map { try task("f\($0)", .visionFrame, 1, newestWins: 3) })
                #expect(try await queue.claim().filter { $0.refusal == nil }.ids == ["f2", "f3", "f4"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func refusedFramesTakeNoPlaceOfTheirDomain(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                _ = try await queue.enqueue(try (0..<4).map { try task("f\($0)", .visionFrame, 1, newestWins: 1) })
                let request = ClaimRequest(capacity: [.vision: 1], limit: 10)
                let tasks = try await queue.cycle(acknowledging: [], claiming: request).tasks
                #expect(tasks.ids == ["f0", "f1", "f2", "f3"])
                #expect(tasks.map(\.refusal) == [.superseded, .superseded, .superseded, nil])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aFrameGoesIntoAFullQueueOnlyByReplacingAnother(_ backend: QueueBackend) async throws {
            try await backend.withQueue(.testing.with { $0.maxSize = 3 }) { queue, _ in
                try await queue.put("a", "b")
                func frame(_ id: String) throws -> NewTask { try task(id, .visionFrame, 1, newestWins: 1) }
                #expect(try await queue.enqueue([try frame("f0")]) == [.queued])
                #expect(try await queue.enqueue([try task("c")]) == [.full(limit: 3)])
                #expect(
                    try await queue.enqueue([try frame("f1"), try frame("f2"), try frame("f3")])
                        == [.queued, .queued, .queued])
                // Nobody answers the replaced ones: they may not fill the disk either.
                #expect(try await queue.enqueue([try frame("f4")]) == [.full(limit: 3)])

                let tasks = try await queue.claim()
                #expect(tasks.filter { $0.refusal == nil }.ids == ["f3", "a", "b"])
                #expect(try await queue.acknowledge(tasks) == [])
                #expect(try await queue.enqueue([try frame("f4")]) == [.queued])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aRefusedFrameWhoseWorkerDiedIsStillRefused(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                _ = try await queue.enqueue(try (0..<2).map { try task("f\($0)", .visionFrame, 1, newestWins: 1) })
                _ = try await queue.claim()
                try await store.advance(by: .milliseconds(450))
                let again = try await queue.claim()
                #expect(again.map(\.refusal) == [.superseded, nil])
                #expect(again.map(\.attempt) == [2, 2])
                try await queue.giveBack(again.map(\.lease))
                #expect(try await queue.claim().map(\.refusal) == [.superseded, nil])
            }
        }
    }
}
