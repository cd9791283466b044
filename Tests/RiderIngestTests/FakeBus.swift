import RiderIngest
import RiderModel
import Synchronization

/// A bus that a test speaks on.
final class FakeBus: BusSource {
    private struct Listener: Sendable {
        let onMessage: @Sendable ([[UInt8]]) -> Void
        let onLink: @Sendable (Bool) -> Void
        let onRefused: @Sendable (Int) -> Void
    }

    struct Broken: Error {}

    private let listener = Mutex<Listener?>(nil)
    private let (started, startedBell) = AsyncStream.makeStream(of: Void.self)
    private let (ended, endedBell) = AsyncStream.makeStream(of: Void.self)
    private let isBroken: Bool

    init(isBroken: Bool = false) {
        self.isBroken = isBroken
    }

    func run(
        onMessage: @escaping @Sendable ([[UInt8]]) -> Void, onLink: @escaping @Sendable (Bool) -> Void,
        onRefused: @escaping @Sendable (Int) -> Void
    ) async throws {
        if isBroken { throw Broken() }
        listener.withLock { $0 = Listener(onMessage: onMessage, onLink: onLink, onRefused: onRefused) }
        startedBell.finish()
        for await _ in ended {}
        endedBell.finish()
    }

    /// Returns when the service listens.
    func waitForListener() async {
        for await _ in started {}
    }

    func send(_ topic: String, _ body: JSONValue) { send([Array(topic.utf8), body.encoded]) }

    func send(_ frames: [[UInt8]]) { listener.withLock { $0 }?.onMessage(frames) }

    func link(isUp: Bool) { listener.withLock { $0 }?.onLink(isUp) }

    func refuse(bytes: Int) { listener.withLock { $0 }?.onRefused(bytes) }
}
