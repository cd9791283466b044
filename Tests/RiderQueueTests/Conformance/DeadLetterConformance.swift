import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct DeadLetters {
        @Test(arguments: QueueBackend.all)
        func aTaskThatFailsTooOftenBecomesADeadLetter(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                let poison = try envelope("poison")
                _ = try await queue.enqueue([NewTask(poison)])
                for attempt in 1...3 {
                    let lease = try #require(try await queue.claim().first?.lease)
                    let outcome = try await queue.fail(lease, reason: "engine crashed: signal 11")
                    #expect((outcome == .dead) == (attempt == 3))
                    try await store.advance(by: .milliseconds(350))
                }
                #expect(try await queue.claim().isEmpty)
                let letters = try await queue.deadLetters(limit: 10)
                #expect(letters.map(\.taskID) == ["poison"])
                #expect(letters.map(\.reason) == ["engine crashed: signal 11"])
                #expect(letters.map(\.bytes) == [poison.bytes])
                #expect(try await queue.stats().dead == 1)
                // Its id is free again.
                try await queue.put("poison")
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskThatKillsItsWorkersBecomesADeadLetter(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await queue.put("poison", "good")
                for attempt in 1...3 {
                    #expect(try await queue.claim(1).map(\.attempt) == [attempt])
                    try await store.advance(by: .milliseconds(450))
                }
                let outcome = try await queue.cycle(acknowledging: [], claiming: .up(to: 9))
                #expect(outcome.tasks.ids == ["good"])
                #expect(outcome.reaped == 1 && outcome.died == 1)
                let reason = try #require(try await queue.deadLetters(limit: 1).first?.reason)
                #expect(reason.contains("worker") && reason.contains("attempt 3 of 3"))
            }
        }

        @Test(arguments: QueueBackend.all)
        func unreadableBytesAreKept(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.bury([0xFF, 0x00, 0x7B], reason: "not UTF-8")
                try await queue.bury([], reason: "empty")
                let letters = try await queue.deadLetters(limit: 10)
                #expect(letters.map(\.bytes) == [[], [0xFF, 0x00, 0x7B]])
                #expect(letters.map(\.taskID) == [nil, nil])
                #expect(try await queue.retryDeadLetters(nil) == 0)
                #expect(try await queue.stats().dead == 2)
            }
        }

        @Test(arguments: QueueBackend.all)
        func theOldestDeadLettersMakeRoom(_ backend: QueueBackend) async throws {
            try await backend.withQueue(.testing.with { $0.maxDeadLetters = 3 }) { queue, _ in
                for index in 0..<5 { try await queue.bury(try envelope("d\(index)").bytes, reason: "test") }
                #expect(try await queue.deadLetters(limit: 10).map(\.taskID) == ["d4", "d3", "d2"])
                #expect(try await queue.deadLetters(limit: 1).map(\.taskID) == ["d4"])
                #expect(try await queue.stats().dead == 3)
            }
        }

        @Test(arguments: QueueBackend.all)
        func deadLettersGoBackWithAFreshCount(_ backend: QueueBackend) async throws {
            try await backend.withQueue(.testing.with { $0.maxSize = 2 }) { queue, _ in
                for index in 0..<4 { try await queue.bury(try envelope("d\(index)").bytes, reason: "test") }
                let first = try #require(try await queue.deadLetters(limit: 10).last)
                #expect(first.taskID == "d0")
                #expect(try await queue.retryDeadLetters([first.id, 999]) == 1)
                try await queue.bury(try envelope("d0").bytes, reason: "its id is in the queue")

                // The queue has room for one more.
                #expect(try await queue.retryDeadLetters(nil) == 1)
                #expect(try await queue.claim().map(\.attempt) == [1, 1])
                #expect(try await queue.deadLetters(limit: 10).map(\.taskID) == ["d0", "d3", "d2"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func deadLettersAreDropped(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                for index in 0..<4 { try await queue.bury(try envelope("d\(index)").bytes, reason: "test") }
                let newest = try #require(try await queue.deadLetters(limit: 1).first)
                #expect(try await queue.dropDeadLetters([newest.id, newest.id, 999]) == 1)
                #expect(try await queue.dropDeadLetters(nil) == 3)
                #expect(try await queue.stats().dead == 0)
            }
        }

        @Test(arguments: QueueBackend.all)
        func clearingLeavesLeasedTasksAndDeadLetters(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await queue.put("leased", "delayed")
                let claimed = try await queue.claim()
                _ = try await queue.fail(claimed[1].lease, reason: "engine away")
                _ = try await queue.enqueue(try (0..<2).map { try task("f\($0)", .visionFrame, newestWins: 1) })
                try await queue.put("waiting")
                try await queue.bury([1], reason: "test")

                #expect(try await queue.clear() == 4)
                #expect(try await queue.list(limit: 10).map(\.id) == ["leased"])
                #expect(try await queue.acknowledge([claimed[0]]) == [])
                let stats = try await queue.stats()
                #expect(stats.totalWaiting == 0 && stats.delayed == 0 && stats.superseded == 0 && stats.dead == 1)
                try await queue.put("delayed", "waiting", "f0")
            }
        }

        @Test(arguments: QueueBackend.all)
        func aLookInsideShowsEveryTaskWhereItIs(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                let start = try await store.now()
                try await queue.put("leased", "delayed", priority: 1)
                let claimed = try await queue.claim()
                _ = try await queue.fail(claimed[1].lease, reason: "engine away")
                _ = try await queue.enqueue(try (0..<2).map { try task("f\($0)", .visionFrame, 3, newestWins: 1) })
                try await queue.put("last", priority: 9)

                let list = try await queue.list(limit: 10)
                #expect(list.map(\.id) == ["f1", "last", "f0", "leased", "delayed"])
                #expect(list.map(\.state) == [.waiting, .waiting, .superseded, .leased, .delayed])
                #expect(list.map(\.attempt) == [0, 0, 0, 1, 1])
                #expect(list.map(\.owner) == [nil, nil, nil, "worker", nil])
                #expect(list[3].until.map { $0 > start } == true && list[4].until.map { $0 > start } == true)
                #expect(try list[1].bytes == envelope("last", .textNLU, 9).bytes.count)
                #expect(try await queue.list(limit: 3).count == 3)

                let stats = try await queue.stats()
                #expect(stats.waiting.filter { $0.value > 0 }.count == 2)
                #expect(stats.leased == 1 && stats.delayed == 1 && stats.superseded == 1)
                #expect(stats.oldestWaiting == list[0].enqueuedAt)
            }
        }
    }
}
