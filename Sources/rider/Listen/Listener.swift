import RiderBus
import RiderModel
import Synchronization

/// Keeps the record of what a subscriber hears, up to a number of messages.
final class Listener: Sendable {
    typealias Show =
        @Sendable (_ topic: String, _ body: [UInt8], _ mark: RiderMark?, _ finding: GapFinder.Finding?) -> Void

    private let state = Mutex(ListenRecord())
    /// Set when the listener itself ends, which is no loss of the link.
    private let isOver = Mutex(false)
    private let limit: Int
    private let show: Show?
    /// Ends with the last message that is wanted.
    let ends: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation

    init(limit: Int, show: Show?) {
        self.limit = limit
        self.show = show
        (ends, end) = AsyncStream.makeStream()
    }

    var record: ListenRecord { state.withLock { $0 } }

    /// Runs until the surrounding task is cancelled.
    func run(_ subscriber: BusSubscriber, onLink: (@Sendable (_ isUp: Bool) -> Void)?) async throws {
        try await subscriber.run(
            onMessage: { self.take($0) },
            onLink: { isUp in
                if self.isOver.withLock({ $0 }) { return }
                self.state.withLock { $0.noteLink(isUp: isUp) }
                onLink?(isUp)
            },
            onRefused: { _ in self.state.withLock { $0.refused += 1 } })
    }

    /// Runs until the surrounding task is cancelled or the last wanted message came. Messages come in order, each once, and
    /// what the bus lost comes from the worker.
    func run(
        _ subscriber: RecoveringListener, onLink: (@Sendable (_ isUp: Bool) -> Void)?,
        onNote: @escaping @Sendable (String) -> Void
    ) async throws {
        let outcome = try await subscriber.run(
            onMessage: { topic, body in
                self.take([Array(topic.utf8), body])
                return self.record.messages < self.limit
            },
            onLink: { isUp in
                if self.isOver.withLock({ $0 }) { return }
                self.state.withLock { $0.noteLink(isUp: isUp) }
                onLink?(isUp)
            }, onNote: onNote)
        state.withLock { $0.noteRecovery(repeated: outcome.repeated) }
    }

    /// Call it before cancelling ``run(_:onLink:)``.
    func finish() {
        isOver.withLock { $0 = true }
    }

    /// - Parameter frames: topic first, body last, as robot readers take them.
    func take(_ frames: [[UInt8]]) {
        let topic = String(decoding: frames.first ?? [], as: UTF8.self)
        let body = frames.count > 1 ? frames[frames.count - 1] : []
        state.withLock { record in
            guard record.messages < limit else { return }
            let heard = record.take(topic: topic, body: body)
            show?(topic, body, heard?.mark, heard?.finding)
            if record.messages == limit { end.finish() }
        }
    }
}
