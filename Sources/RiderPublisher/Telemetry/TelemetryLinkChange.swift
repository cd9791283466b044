import RiderModel

/// What is known of the link, told whenever it changes: what an outage is made of.
public struct TelemetryLinkChange: Sendable, Hashable {
    public var isUp: Bool
    public var at: UnixTime
    /// The other side is there and does not answer: heartbeats or probes stay away, or it takes a connection and says
    /// nothing. Also with the link still up.
    public var isFrozen: Bool
    /// Whether anyone listens to any telemetry; nil while that is not known: the link is down, or subscriptions may still be
    /// on their way.
    public var hasSubscribers: Bool?
    /// The last row that the broker is known to have read.
    public var lastConfirmedSeq: Int64?
    /// The last row that was handed to the socket.
    public var lastSentSeq: Int64?
    /// The first row that was handed to the socket and may be lost; nil when none is at risk.
    public var firstRowAtRisk: Int64?
    /// When the last probe that came back was sent: the outage began later than that.
    public var lastConfirmedAt: UnixTime?

    public init(
        isUp: Bool, at: UnixTime, isFrozen: Bool = false, hasSubscribers: Bool? = nil, lastConfirmedSeq: Int64? = nil,
        lastSentSeq: Int64? = nil, firstRowAtRisk: Int64? = nil, lastConfirmedAt: UnixTime? = nil
    ) {
        self.isUp = isUp
        self.at = at
        self.isFrozen = isFrozen
        self.hasSubscribers = hasSubscribers
        self.lastConfirmedSeq = lastConfirmedSeq
        self.lastSentSeq = lastSentSeq
        self.firstRowAtRisk = firstRowAtRisk
        self.lastConfirmedAt = lastConfirmedAt
    }
}
