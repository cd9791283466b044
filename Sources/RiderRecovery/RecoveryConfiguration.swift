import RiderBus

/// How missed telemetry is given to listeners that ask for it.
public struct RecoveryConfiguration: Sendable, Hashable {
    /// Names the journal (`_rider.pub`).
    public var publisherID: String
    /// Where listeners connect to; listens only.
    public var endpoint: Endpoint
    /// Larger messages travel without their binary fields, as when they were published. Bytes, default 262,144.
    public var maxMessageBytes = 262_144
    /// Listeners known at a time. Default 32; further ones are refused.
    public var maxListeners = 32
    /// A listener that says nothing for this long is forgotten. Milliseconds, default 60,000.
    public var idleMilliseconds = 60_000
    /// Messages in one answer at most. Default 64.
    public var messagesPerAnswer = 64
    /// An answer ends with the message that reaches this many bytes. Default 262,144.
    public var bytesPerAnswer = 262_144
    /// Bytes that may be on their way to a listener; more follow when it says that it has read them. Default 1,048,576.
    public var windowBytes = 1_048_576
    /// A frozen listener is noticed after interval and timeout. Milliseconds, defaults 500 and 1,000.
    public var heartbeatIntervalMilliseconds = 500
    public var heartbeatTimeoutMilliseconds = 1000

    /// Bytes that a request may have.
    static let maxRequestBytes = 65_536

    public init(publisherID: String, endpoint: Endpoint) {
        self.publisherID = publisherID
        self.endpoint = endpoint
    }
}
