/// Rings whenever something about an engine has changed that need not be asked for: a breaker opened or closed, a process
/// became ready or ended. A bell, not a mailbox: one ring is enough for everything that has changed.
final class EngineChanges: Sendable {
    let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation

    init() {
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() { bell.yield() }
}
