import RiderModel
import Synchronization

/// The last number per topic that was sent, found to have no listener, or left to a catch-up: what is beyond it is still to
/// be sent for the first time. A listener may have seen a number a moment before it is noted here.
public final class PublishedNumbers: Sendable {
    private let numbers = Mutex<[TelemetryTopic: Int64]>([:])

    public init() {}

    public func note(_ number: Int64, of topic: TelemetryTopic) {
        numbers.withLock { $0[topic] = max($0[topic] ?? 0, number) }
    }

    public var last: [TelemetryTopic: Int64] { numbers.withLock { $0 } }
}
