import Synchronization

/// Tells a thread to end: set once, from anywhere, together with a ring of the thread's doorbell.
public final class StopFlag: Sendable {
    private let flag = Atomic(false)

    public init() {}

    public var isSet: Bool { flag.load(ordering: .acquiring) }

    public func set() {
        flag.store(true, ordering: .releasing)
    }
}
