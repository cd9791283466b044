import DequeModule
import RiderReplay
import Synchronization

/// The replays that wait for a publisher's thread.
final class ReplaySlot: Sendable {
    private struct State {
        var waiting: Deque<ReplayFeed> = []
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Returns: false when the publisher has ended.
    func offer(_ feed: ReplayFeed) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.waiting.append(feed) }
            return !state.isClosed
        }
    }

    func take() -> ReplayFeed? {
        state.withLock { $0.waiting.popFirst() }
    }

    /// Takes no more; what waits is over.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for feed in waiting { feed.complete(.failure(ReplayOutletClosed())) }
    }
}
