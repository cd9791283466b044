import RiderModel
import Synchronization

/// Whoever asks how far one replay is. A replay that was begun to be watched is stopped when nobody does any more: a command that
/// was killed must not leave its worker sending.
final class ReplayWatchers: Sendable {
    /// Nobody for so long means that nobody comes back: a command asks several times a second.
    static let patience: UInt64 = 5_000_000_000

    private struct State {
        var present = 0
        var leftAt: UInt64
    }

    private let state: Mutex<State>
    private let time: TimeSource

    /// The first one is expected.
    init(time: TimeSource) {
        self.time = time
        state = Mutex(State(leftAt: time.monotonicNanoseconds()))
    }

    /// Somebody waits for news for as long as the body runs.
    func watching<Value>(_ body: () async -> Value) async -> Value {
        state.withLock { $0.present += 1 }
        let value = await body()
        let now = time.monotonicNanoseconds()
        state.withLock { state in
            state.present -= 1
            state.leftAt = now
        }
        return value
    }

    /// How long to wait before looking again whether somebody is there; nil: nobody will come.
    var patienceLeft: Duration? {
        let now = time.monotonicNanoseconds()
        let end = state.withLock { ($0.present > 0 ? now : $0.leftAt) + Self.patience }
        return now < end ? .nanoseconds(Int64(end - now)) : nil
    }

    /// Returns when nobody watches any more, or the task is cancelled.
    func haveGone() async {
        while !Task.isCancelled, let left = patienceLeft { try? await Task.sleep(for: left) }
    }
}
