import Synchronization

/// Wakes the tasks of this process that wait for work.
///
/// A waiter reads ``generation``, looks into the queue, and waits for a later generation: what is put in between its look and its
/// wait has already rung, so no wake-up is lost.
final class WorkBell: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var generation: UInt64 { state.withLock(\.generation) }

    func ring() {
        let waiters = state.withLock { state in
            state.generation += 1
            defer { state.waiters.removeAll(keepingCapacity: true) }
            return state.waiters
        }
        for continuation in waiters.values { continuation.resume() }
    }

    /// Returns once the bell has rung after `generation`, or when the task is cancelled.
    func wait(after generation: UInt64) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // A cancellation before this point found no waiter to wake.
                    if state.generation > generation || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
