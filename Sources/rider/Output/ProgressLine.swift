import RiderModel
import Synchronization

/// One line on a terminal that says how far a long command is. It appears after a second and is gone at the end; without
/// a terminal it never appears.
final class ProgressLine: Sendable {
    private struct State {
        var last: UInt64 = 0
        var hasLine = false
    }

    private let isShown: Bool
    private let time: TimeSource
    private let start: UInt64
    private let state = Mutex(State())

    init(isShown: Bool = Terminal.isErrorATerminal, time: TimeSource = .system) {
        self.isShown = isShown
        self.time = time
        start = time.monotonicNanoseconds()
    }

    func show(_ text: @autoclosure () -> String) {
        guard isShown else { return }
        let now = time.monotonicNanoseconds()
        state.withLock { state in
            guard now - start >= 1_000_000_000, now - state.last >= 100_000_000 else { return }
            state.last = now
            state.hasLine = true
            Terminal.writeError("\r\u{1B}[K" + text())
        }
    }

    /// Removes the line, before anything else is printed.
    func clear() {
        state.withLock { state in
            guard state.hasLine else { return }
            state.hasLine = false
            Terminal.writeError("\r\u{1B}[K")
        }
    }
}
