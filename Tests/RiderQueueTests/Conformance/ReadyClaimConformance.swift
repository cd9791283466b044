import RiderModel
import RiderQueue
import Testing

extension QueueConformance {
    /// Claims that wait.
    @Suite struct ReadyClaim {
        @Test(arguments: QueueBackend.all)
        func itGivesWhatIsThere(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                try await queue.put("a", "b", "c")
                try await queue.put("v", type: .voiceTTS)
                let first = try await queue.claimWhenReady(.init(capacity: [.text: 2], limit: 9))
                #expect(first.tasks.ids == ["a", "b"])
                let rest = try await queue.claimWhenReady(.up(to: 9))
                #expect(rest.tasks.ids == ["c", "v"])
                #expect(try await queue.acknowledge(first.tasks + rest.tasks) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func itTakesWhatComesHoweverTheyMeet(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let worker = try await store.open("worker")
                let producer = try await store.open("producer")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(worker) }
                    for index in 0..<200 {
                        async let tasks = worker.claimUntilSomethingComes()
                        for _ in 0..<index % 5 { await Task.yield() }
                        try await producer.put("t\(index)")
                        let claimed = try await tasks
                        #expect(claimed.ids == ["t\(index)"] && claimed.map(\.attempt) == [1])
                        #expect(try await worker.acknowledge(claimed) == [])
                    }
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func itGivesWhatComesBack(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let waiter = try await store.open("waiter")
                let dying = try await store.open("dying")
                try await withThrowingTaskGroup { group in
                    group.addTask { try await store.serve(waiter) }
                    try await dying.put("failing", "leased")
                    let tasks = try await dying.claim()
                    _ = try await dying.fail(tasks[0].lease, reason: "engine away")
                    async let due = waiter.claimUntilSomethingComes()
                    try await store.advance(by: .milliseconds(60))
                    let failed = try await due
                    #expect(failed.ids == ["failing"] && failed.map(\.attempt) == [2])
                    // Acknowledged before its lease ends as well.
                    #expect(try await waiter.acknowledge(failed) == [])

                    async let back = waiter.claimUntilSomethingComes()
                    try await store.advance(by: .milliseconds(450))
                    let left = try await back
                    #expect(left.ids == ["leased"] && left.map(\.attempt) == [2])
                    group.cancelAll()
                }
            }
        }

        @Test(arguments: QueueBackend.all)
        func whatACancelledOneHasClaimedIsNotLost(_ backend: QueueBackend) async throws {
            try await backend.withQueue { queue, _ in
                for index in 0..<60 {
                    let claimed = try await withThrowingTaskGroup(of: [ClaimedTask].self) { group in
                        group.addTask {
                            do {
                                return try await queue.claimWhenReady(.up(to: 9)).tasks
                            } catch is CancellationError {
                                return []
                            }
                        }
                        for _ in 0..<index % 7 { await Task.yield() }
                        async let putting: Void = queue.put("t\(index)")
                        group.cancelAll()
                        try await putting
                        return try await group.reduce(into: []) { $0 += $1 }
                    }
                    let all = claimed + (try await queue.claim())
                    #expect(all.ids == ["t\(index)"] && all.map(\.attempt) == [1])
                    #expect(try await queue.acknowledge(all) == [])
                }
            }
        }
    }
}

extension TaskQueue {
    fileprivate func claimUntilSomethingComes() async throws -> [ClaimedTask] {
        while true {
            let tasks = try await claimWhenReady(.up(to: 9)).tasks
            if !tasks.isEmpty { return tasks }
        }
    }
}
