import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Pauses {
        @Test(arguments: QueueBackend.all)
        func aPausedDomainKeepsItsTasksFromEveryWorker(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let queue = try await store.open("one")
                let other = try await store.open("other")
                try await queue.pause([.text])
                try await queue.pause([.text])
                try await other.put("t1", "t2")
                try await other.put("v", type: .visionFrame)
                #expect(try await queue.stats().paused == [.text])
                #expect(try await other.stats().totalWaiting == 3)
                #expect(try await other.claim().ids == ["v"])
                #expect(try await queue.claim(in: .text).ids == [])

                try await other.resume([.text, .voice])
                #expect(try await queue.stats().paused == [])
                #expect(try await queue.claim().ids == ["t1", "t2"])
            }
        }

        @Test(arguments: QueueBackend.all)
        func whatWasClaimedBeforeThePauseIsFinished(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a", "b")
                let claimed = try await queue.claim(1)
                try await queue.pause(Set(Domain.allCases))
                let outcome = try await queue.cycle(acknowledging: claimed.map(\.lease), claiming: .up(to: 9))
                #expect(outcome.lost == [] && outcome.tasks.isEmpty)
                #expect(try await queue.stats().paused == Set(Domain.allCases))
            }
        }

        @Test(arguments: QueueBackend.all)
        func thoseWhoWaitAreWokenByTheResumption(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let waiter = try await store.open("waiter")
                let person = try await store.open("person")
                try await person.pause([.text])
                try await person.put("a")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await store.serve(waiter) }
                    group.addTask {
                        while try await waiter.claim().isEmpty { try await waiter.waitForWork(in: [.text]) }
                        throw CancellationError()
                    }
                    try await person.resume([.text])
                    await #expect(throws: CancellationError.self) { while try await group.next() != nil {} }
                    group.cancelAll()
                }
            }
        }
    }
}
