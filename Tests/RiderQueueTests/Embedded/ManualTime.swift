import RiderModel
import Synchronization

/// A clock that stands still until a test moves it, and sleeps that go with it.
final class ManualTime: Sendable {
    private struct State {
        var now = UnixTime(milliseconds: 1_800_000_000_000)
        var lastSleeper = 0
        var sleepers: [Int: (until: UnixTime, continuation: CheckedContinuation<Void, Never>)] = [:]
    }

    private let state = Mutex(State())

    var now: UnixTime { state.withLock(\.now) }

    var source: TimeSource {
        TimeSource(
            wall: { self.now },
            monotonicNanoseconds: { UInt64(self.now.milliseconds) * 1_000_000 })
    }

    func advance(by duration: Duration) {
        let awake = state.withLock { state in
            state.now = state.now + duration
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in awake { continuation.resume() }
    }

    func sleep(until time: UnixTime) async throws {
        let id = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.now >= time || Task.isCancelled { return true }
                    state.sleepers[id] = (time, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
