import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    @Suite struct Waiting {
        @Test(arguments: QueueBackend.all)
        func waitingEndsAtOnceWhenATaskIsThere(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a", type: .voiceTTS)
                try await queue.waitForWork(in: [.voice, .text])
                _ = try await queue.enqueue(try (0..<2).map { try task("f\($0)", .visionFrame, newestWins: 1) })
                let request = ClaimRequest(capacity: [.vision: 1], limit: 2)
                let tasks = try await queue.cycle(acknowledging: [], claiming: request).tasks
                try await queue.giveBack([tasks[0].lease])
                // Only the replaced frame is left, which has to be answered.
                try await queue.waitForWork(in: [.vision])
            }
        }

        @Test(arguments: QueueBackend.all)
        func noWakeUpIsLostHoweverTheyMeet(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                for index in 0..<300 {
                    async let worker = {
                        while true {
                            let tasks = try await queue.claim()
                            if !tasks.isEmpty { return tasks }
                            try await queue.waitForWork(in: [.text])
                        }
                    }()
                    if index % 3 == 0 { await Task.yield() }
                    try await queue.put("t\(index)")
                    let tasks = try await worker
                    #expect(tasks.ids == ["t\(index)"])
                    #expect(try await queue.acknowledge(tasks) == [])
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskOfAnotherProcessEndsTheWait(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let worker = try await store.open("worker")
                let producer = try await store.open("producer")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(worker) }
                    for index in 0..<50 {
                        async let waiting: Void = worker.waitForWork(in: [.text])
                        if index % 2 == 0 { await Task.yield() }
                        try await producer.put("t\(index)")
                        try await waiting
                        #expect(try await worker.acknowledge(try await worker.claim()) == [])
                    }
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func aTaskThatFallsDueEndsTheWait(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, store in
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(queue) }
                    try await queue.put("a")
                    let lease = try #require(try await queue.claim().first?.lease)
                    _ = try await queue.fail(lease, reason: "engine away")
                    async let waiting: Void = queue.waitForWork(in: [.text])
                    try await store.advance(by: .milliseconds(60))
                    try await waiting
                    #expect(try await queue.claim().map(\.attempt) == [2])
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func theEndOfADeadWorkersLeaseEndsTheWait(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let waiter = try await store.open("waiter")
                let dying = try await store.open("dying")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(waiter) }
                    try await dying.put("a")
                    #expect(try await dying.claim().ids == ["a"])

                    // Nothing is waiting and nobody will ever announce anything again.
                    async let tasks = {
                        while true {
                            try await waiter.waitForWork(in: [.text])
                            let tasks = try await waiter.claim()
                            if !tasks.isEmpty { return tasks }
                        }
                    }()
                    try await store.advance(by: .milliseconds(450))
                    #expect(try await tasks.map(\.attempt) == [2])
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func aLeaseThatBeganDuringTheWaitEndsItToo(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let waiter = try await store.open("waiter")
                let dying = try await store.open("dying")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(waiter) }
                    for attempt in 1...3 {
                        // Nothing is leased yet, and the text task is none of the waiter's business: it waits without an end.
                        async let waiting: Void = waiter.waitForWork(in: [.vision])
                        for _ in 0..<10 {
                            await Task.yield()
                            _ = try await waiter.stats()
                        }
                        if attempt == 1 { try await dying.put("a") }
                        #expect(try await dying.claim().map(\.attempt) == [attempt])
                        try await store.advance(by: .milliseconds(450))
                        try await waiting
                        #expect(
                            try await waiter.cycle(acknowledging: [], claiming: .up(to: 1, in: .vision)).reaped == 1)
                    }
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func aGivenBackTaskEndsTheWaitOfAnother(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let leaving = try await store.open("leaving")
                let waiter = try await store.open("waiter")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(waiter) }
                    try await leaving.put("a")
                    let tasks = try await leaving.claim()
                    async let waiting: Void = waiter.waitForWork(in: [.text])
                    try await leaving.giveBack(tasks.map(\.lease))
                    try await waiting
                    #expect(try await waiter.claim().ids == ["a"])
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func cancellationEndsTheWaitAtOnce(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                // With a lease in the queue the wait has an end in time as well.
                try await queue.put("a")
                for leased in [false, true] {
                    if leased { _ = try await queue.claim() }
                    let domains: Set<Domain> = leased ? [.text] : [.vision]
                    for yields in 0..<20 {
                        await #expect(throws: CancellationError.self) {
                            try await withThrowingTaskGroup { group in
                                group.addTask { try await queue.waitForWork(in: domains) }
                                for _ in 0..<yields { await Task.yield() }
                                group.cancelAll()
                                try await group.waitForAll()
                            }
                        }
                    }
                }
            }
        }
    }
}
