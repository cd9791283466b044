import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    /// What a restarted worker learns of the results that it had journaled before it was killed.
    @Suite struct Recovery {
        private static func results(_ tasks: [ClaimedTask]) -> [WorkerRemains.JournaledResult] {
            tasks.map { .init(taskID: $0.envelope.id, lease: $0.lease) }
        }

        @Test(arguments: QueueBackend.all)
        func aJournaledResultWhoseLeaseHoldsIsAcknowledgedAndNotRepeated(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let killed = try await store.open("pc")
                try await killed.put("a", "b")
                let tasks = try await killed.claim()

                let restarted = try await store.open("pc")
                let remains = WorkerRemains(journaled: Self.results([tasks[0]]))
                #expect(
                    try await restarted.recoverOwnLeases(remains) == RecoveredLeases(returned: 1, acknowledged: 1))
                #expect(try await restarted.claim().ids == ["b"])
                // The same question, when the worker was killed before it noted the answer.
                #expect(try await restarted.recoverOwnLeases(remains).lost == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aResultThatWasAcknowledgedBeforeCounts(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let killed = try await store.open("pc")
                try await killed.put("a")
                let tasks = try await killed.claim()
                #expect(try await killed.acknowledge(tasks) == [])
                // Somebody else's task of the same id does not matter.
                try await killed.put("a")

                let restarted = try await store.open("pc")
                let remains = WorkerRemains(journaled: Self.results(tasks))
                #expect(try await restarted.recoverOwnLeases(remains) == RecoveredLeases())
            }
        }

        @Test(arguments: QueueBackend.all)
        func aResultWhoseLeaseEndedIsLostWhereverItsTaskIsNow(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let frozen = try await store.open("frozen")
                let other = try await store.open("other", .testing.with { $0.maxAttempts = 2 })
                try await frozen.put("waits", "again", "done", "dead")
                let tasks = try await frozen.claim()
                try await store.advance(by: .milliseconds(450))
                let second = try await other.claim()
                #expect(second.ids == ["waits", "again", "done", "dead"])
                #expect(try await other.acknowledge([second[2]]) == [])
                #expect(try await other.fail(second[3].lease, reason: "test") == .dead)
                try await other.giveBack([second[0].lease])

                let restarted = try await store.open("frozen")
                let remains = WorkerRemains(journaled: Self.results(tasks))
                #expect(try await restarted.recoverOwnLeases(remains) == RecoveredLeases(lost: tasks.map(\.lease)))
                #expect(try await other.acknowledge([second[1]]) == [])
                // Nobody else's business.
                #expect(try await other.recoverOwnLeases(remains).lost == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func onlyWhatHadBegunPaysAnAttempt(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let configuration = QueueConfiguration.testing.with { $0.maxAttempts = 2 }
                try await store.open("pc", configuration).put("poison", "held")
                var attempts: [[Int]] = []
                while true {
                    let worker = try await store.open("pc", configuration)
                    let tasks = try await worker.claim()
                    attempts.append(tasks.map(\.attempt))
                    guard tasks.count == 2 else { break }
                    let poison = try #require(tasks.first { $0.envelope.id == "poison" })
                    _ = try await worker.recoverOwnLeases(WorkerRemains(started: [poison.lease]))
                }
                #expect(attempts == [[1, 1], [2, 1], [1]])
                let queue = try await store.open("pc", configuration)
                #expect(try await queue.deadLetters(limit: 9).map(\.taskID) == ["poison"])
            }
        }
    }
}
