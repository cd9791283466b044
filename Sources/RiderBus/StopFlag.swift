import Synchronization

/// Tells a thread to end: set once, from anywhere, together with a ring of the thread's doorbell.
public final class StopFlag: Sendable {
    private let flag = Atomic(false)

    /// Not set.
    public init() {}

    /// Whether the thread is to end.
    public var isSet: Bool { flag.load(ordering: .acquiring) }

    /// Cannot be taken back.
    public func set() {
        flag.store(true, ordering: .releasing)
    }
}
