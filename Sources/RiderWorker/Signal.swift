import Synchronization

/// Wakes the one task that waits for it. A notification that comes while nobody waits is remembered, once.
///
/// (An `AsyncStream` would do the same until the first cancelled wait, which ends the stream for good.)
final class Signal: Sendable {
    private enum State {
        case idle
        case notified
        case waiting(CheckedContinuation<Bool, Never>)
    }

    private let state = Mutex(State.idle)

    func notify() {
        resume(with: true)
    }

    /// - Returns: false when the waiting task has been cancelled.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await suspend(unlessCancelled: true)
        } onCancel: {
            resume(with: false)
        }
    }

    /// Waits even in a cancelled task: for stages that see through what has been begun. Somebody must notify in the end.
    func waitThroughCancellation() async {
        _ = await suspend(unlessCancelled: false)
    }

    private func suspend(unlessCancelled: Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if unlessCancelled, Task.isCancelled { return false }
                switch state {
                case .notified:
                    state = .idle
                    return true
                case .idle:
                    state = .waiting(continuation)
                    return nil
                case .waiting:
                    preconditionFailure("two tasks wait for one signal")
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func resume(with answer: Bool) {
        let continuation: CheckedContinuation<Bool, Never>? = state.withLock { state in
            switch state {
            case .waiting(let continuation):
                state = .idle
                return continuation
            case .idle, .notified:
                if answer { state = .notified }
                return nil
            }
        }
        continuation?.resume(returning: answer)
    }
}
