/// What is known about the way of one telemetry message. The raw value is stored; numbers are never reused.
public enum DeliveryState: Int, Sendable, Hashable, CaseIterable {
    /// Committed, not sent yet.
    case journaled = 0
    /// The link was up and nobody had subscribed: known undelivered.
    case noSubscriber = 1
    /// Given to the socket for at least one subscriber.
    case handedOff = 2
    /// The robot's broker has read it.
    case brokerConfirmed = 3
    /// A listener has said that it has it.
    case robotAcknowledged = 4
    /// The link or the process was lost with the row unconfirmed: it may have arrived.
    case uncertain = 5
    /// Too old to be sent.
    case expired = 6
    /// Publishing was switched off.
    case notPublished = 7

    /// The name that people and programs see.
    public var name: String {
        switch self {
        case .journaled: "journaled"
        case .noSubscriber: "no_subscriber"
        case .handedOff: "handed_off"
        case .brokerConfirmed: "broker_confirmed"
        case .robotAcknowledged: "robot_acked"
        case .uncertain: "uncertain"
        case .expired: "expired"
        case .notPublished: "not_published"
        }
    }
}
