import RiderModel
import RiderQueue
import Synchronization
import Testing

extension QueueConformance {
    @Suite struct Concurrency {
        @Test(arguments: QueueBackend.all)
        func manyProducersAndWorkersLoseAndDoubleNothing(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let configuration = QueueConfiguration.testing.with { $0.leaseDuration = .seconds(60) }
                let worked = WorkedTasks(expected: 3 * 120)
                try await withThrowingTaskGroup { group in
                    for producer in 0..<3 {
                        let queue = try await store.open("producer-\(producer)", configuration)
                        group.addTask { try await produce(120, named: "p\(producer)", into: queue) }
                    }
                    for worker in 0..<2 {
                        let queue = try await store.open("worker-\(worker)", configuration)
                        group.addTask { try await work(on: queue, of: store, until: worked) }
                    }
                    try await group.waitForAll()
                }
                #expect(worked.counts.count == 360)
                #expect(worked.counts.values.allSatisfy { $0 == 1 })
                #expect(try await store.open().list(limit: 10) == [])
            }
        }

        @Test(arguments: QueueBackend.all)
        func whatOneProcessPutsInAnotherSees(_ backend: QueueBackend) async throws {
            try await backend.withStore { store in
                let first = try await store.open("first")
                let second = try await store.open("second")
                for index in 0..<20 {
                    try await (index % 2 == 0 ? first : second).put("t\(index)")
                }
                #expect(try await second.claim().ids == (0..<20).map { "t\($0)" })
                #expect(try await first.stats().leased == 20)
            }
        }
    }
}

private func produce(_ count: Int, named name: String, into queue: any TaskQueue) async throws {
    for start in stride(from: 0, to: count, by: 8) {
        let batch = try (start..<start + 8).map {
            try task("\(name)-\($0)", TaskType.allCases[$0 % 6], 1 + $0 % 10)
        }
        #expect(try await queue.enqueue(batch).allSatisfy { $0 == .queued })
    }
}

/// Claims and acknowledges until all tasks are worked on, by this worker or another.
private func work(on queue: any TaskQueue, of store: any SharedQueueStore, until worked: WorkedTasks) async throws {
    try await withThrowingTaskGroup { group in
        group.addTask { try await store.serve(queue) }
        group.addTask {
            var held: [ClaimedTask] = []
            while true {
                let outcome = try await queue.cycle(acknowledging: held.map(\.lease), claiming: .up(to: 5))
                #expect(outcome.lost.isEmpty)
                held = outcome.tasks
                worked.add(held.ids)
                if held.isEmpty { try await queue.waitForWork(in: Set(Domain.allCases)) }
            }
        }
        // The other worker may have had the last task.
        group.addTask { await worked.wait() }
        try await group.next()
        group.cancelAll()
    }
}

/// How often each task was worked on.
private final class WorkedTasks: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let expected: Int
    private let state = Mutex(State())

    init(expected: Int) {
        self.expected = expected
    }

    var counts: [String: Int] { state.withLock(\.counts) }

    func add(_ ids: [String]) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for id in ids { state.counts[id, default: 0] += 1 }
            guard state.counts.count >= expected else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when each of the expected tasks was worked on.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.counts.count >= expected { return true }
                state.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
