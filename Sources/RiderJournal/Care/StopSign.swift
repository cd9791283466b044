import Synchronization

/// Tells a thread that its work is not wanted any more.
final class StopSign: Sendable {
    private let value = Atomic(false)

    func set() {
        value.store(true, ordering: .relaxed)
    }

    var isSet: Bool { value.load(ordering: .relaxed) }
}
