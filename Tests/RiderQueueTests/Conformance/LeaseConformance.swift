import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Leases {
        @Test(arguments: QueueBackend.all)
        func anAcknowledgedTaskIsGone(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await queue.put("a")
                let tasks = try await queue.claim()
                #expect(tasks.map(\.attempt) == [1])
                #expect(try await queue.claim().isEmpty)
                #expect(try await queue.stats().leased == 1)

                #expect(try await queue.acknowledge(tasks) == [])
                try await store.advance(by: .seconds(1))
                #expect(try await queue.claim().isEmpty)
                #expect(try await queue.list(limit: 10) == [])
                try await queue.put("a")
            }
        }

        @Test(arguments: QueueBackend.all)
        func oneStepAcknowledgesAndClaims(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a", "b", "c", "d")
                let first = try await queue.claim(2)
                let outcome = try await queue.cycle(acknowledging: first.map(\.lease), claiming: .up(to: 9))
                #expect(outcome.tasks.ids == ["c", "d"])
                #expect(outcome.lost.isEmpty && outcome.reaped == 0 && outcome.died == 0)
            }
        }

        @Test(arguments: QueueBackend.all)
        func aLeaseThatEndedComesBackWithOneAttemptMore(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let dead = try await store.open("dead")
                let alive = try await store.open("alive")
                try await dead.put("a", "b")
                let lost = try await dead.claim(1)

                try await store.advance(by: .milliseconds(450))
                let outcome = try await alive.cycle(acknowledging: [], claiming: .up(to: 9))

                #expect(outcome.reaped == 1)
                #expect(outcome.tasks.ids == ["a", "b"])
                #expect(outcome.tasks.map(\.attempt) == [2, 1])
                #expect(try await dead.acknowledge(lost) == lost.map(\.lease))
                #expect(try await alive.acknowledge(outcome.tasks) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func anAcknowledgementIsFencedByOwnerAndAttempt(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let holder = try await store.open("holder")
                let other = try await store.open("other")
                try await holder.put("a")
                let claimed = try await holder.claim()
                let lease = try #require(claimed.first?.lease)

                #expect(try await other.acknowledge(claimed) == [lease])
                #expect(try await other.extend([lease]) == [lease])
                #expect(try await other.fail(lease, reason: "not mine") == .lost)
                try await other.giveBack([lease])
                let wrongAttempt = ClaimedTask.Lease(position: lease.position, attempt: lease.attempt + 1)
                #expect(
                    try await holder.cycle(acknowledging: [wrongAttempt], claiming: .nothing).lost == [wrongAttempt])

                #expect(try await holder.stats().leased == 1)
                #expect(try await holder.acknowledge(claimed) == [])
                #expect(try await holder.acknowledge(claimed) == [lease])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aRenewedLeaseHolds(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let slow = try await store.open("slow")
                let other = try await store.open("other")
                try await slow.put("a")
                let claimed = try await slow.claim()
                for _ in 0..<3 {
                    try await store.advance(by: .milliseconds(250))
                    #expect(try await slow.extend(claimed.map(\.lease)) == [])
                    #expect(try await other.claim().isEmpty)
                }
                #expect(try await slow.acknowledge(claimed) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func whatIsGivenBackDoesNotCountAsAnAttempt(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a")
                for _ in 0..<5 {
                    let claimed = try await queue.claim()
                    #expect(claimed.map(\.attempt) == [1])
                    try await queue.giveBack(claimed.map(\.lease))
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func aRestartedWorkerTakesItsOwnTasksBackAtOnce(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let killed = try await store.open("pc")
                let other = try await store.open("other")
                try await killed.put("a", "b", "c")
                let old = try await killed.claim(2)
                let others = try await other.claim(1)

                let restarted = try await store.open("pc")
                #expect(try await restarted.recoverOwnLeases(WorkerRemains()) == RecoveredLeases(returned: 2))
                let tasks = try await restarted.claim()
                #expect(tasks.ids == ["a", "b"])
                #expect(tasks.map(\.attempt) == [2, 2])
                #expect(try await killed.acknowledge(old) == old.map(\.lease))
                #expect(try await other.acknowledge(others) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func aFailedTaskWaitsARandomPartOfAGrowingTime(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let queue = try await store.open(
                    "worker", .testing.with { $0.maxAttempts = 9 }, randomness: { 0.5 })
                try await queue.put("a")
                for wait: Int64 in [25, 50, 100, 150, 150] {
                    let lease = try #require(try await queue.claim().first?.lease)
                    let before = try await store.now()
                    guard case .retry(let due) = try await queue.fail(lease, reason: "engine away") else {
                        Issue.record("the task is not tried again")
                        return
                    }
                    #expect(due - before >= .milliseconds(wait))
                    #expect(due - before < .milliseconds(wait + 25))
                    #expect(try await queue.claim().isEmpty)
                    #expect(try await queue.stats().delayed == 1)
                    try await store.advance(by: .milliseconds(wait + 25))
                }
                #expect(try await queue.claim().map(\.attempt) == [6])
            }
        }
    }
}
