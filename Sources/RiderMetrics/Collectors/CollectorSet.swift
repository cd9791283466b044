import Synchronization

/// Runs collectors when somebody is about to read, and lets nobody wait long for a slow one.
///
/// The work happens in the task that called ``run()``, so a collector that hangs holds up that task's end, but no scrape.
final class CollectorSet: Sendable {
    private struct Collector {
        let collect: @Sendable () async -> Void
        let onStale: @Sendable () -> Void
        var isBusy = false
    }

    private struct Waiter {
        var missing: Set<Int>
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var collectors: [Collector] = []
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0
        /// nil while nobody runs the collectors.
        var requests: AsyncStream<Int>.Continuation?

        mutating func removeWaiters(where isDone: (Waiter) -> Bool) -> [Waiter] {
            let numbers = waiters.filter { isDone($0.value) }.keys
            return numbers.compactMap { waiters.removeValue(forKey: $0) }
        }
    }

    private let state = Mutex(State())

    func add(_ collect: @escaping @Sendable () async -> Void, onStale: @escaping @Sendable () -> Void) {
        state.withLock { $0.collectors.append(Collector(collect: collect, onStale: onStale)) }
    }

    /// Runs what ``refresh(within:)`` asks for until the task is cancelled.
    func run() async {
        // A collector is asked for again only after it has finished, so the stream holds one request per collector at most.
        let (stream, requests) = AsyncStream.makeStream(of: Int.self)
        state.withLock { $0.requests = requests }
        await withDiscardingTaskGroup { group in
            for await index in stream {
                let collect = state.withLock { $0.collectors[index].collect }
                group.addTask {
                    await collect()
                    self.finished(index)
                }
            }
        }
        stop()
    }

    /// Starts all collectors that are not at work already and returns when they have finished or the time is over.
    func refresh(within limit: Duration) async {
        let isRunning = state.withLock { state in
            guard let requests = state.requests, !state.collectors.isEmpty else { return false }
            for index in state.collectors.indices where !state.collectors[index].isBusy {
                state.collectors[index].isBusy = true
                requests.yield(index)
            }
            return true
        }
        guard isRunning else { return }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitForAll() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        let late = state.withLock { $0.collectors.filter(\.isBusy).map(\.onStale) }
        for onStale in late { onStale() }
    }

    /// Returns when everything that is at work now has finished, or when the task is cancelled.
    private func waitForAll() async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    let missing = Set(state.collectors.indices.filter { state.collectors[$0].isBusy })
                    if missing.isEmpty || state.requests == nil || Task.isCancelled { return true }
                    state.waiters[number] = Waiter(missing: missing, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
    }

    private func finished(_ index: Int) {
        let done = state.withLock { state in
            state.collectors[index].isBusy = false
            for number in state.waiters.keys { state.waiters[number]?.missing.remove(index) }
            return state.removeWaiters { $0.missing.isEmpty }
        }
        for waiter in done { waiter.continuation.resume() }
    }

    private func stop() {
        let left = state.withLock { state in
            state.requests = nil
            for index in state.collectors.indices { state.collectors[index].isBusy = false }
            return state.removeWaiters { _ in true }
        }
        for waiter in left { waiter.continuation.resume() }
    }
}
