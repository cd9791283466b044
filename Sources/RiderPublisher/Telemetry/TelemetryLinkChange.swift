import RiderModel

/// The telemetry link came up or went down: what an outage is made of.
public struct TelemetryLinkChange: Sendable, Hashable {
    public var isUp: Bool
    public var at: UnixTime
    /// The last row that the broker is known to have read; with ``lastSentSeq`` the rows at risk: those behind this one.
    public var lastConfirmedSeq: Int64?
    /// The last row that was handed to the socket.
    public var lastSentSeq: Int64?
    /// When the last probe that came back was sent: the outage began later than that.
    public var lastConfirmedAt: UnixTime?

    public init(
        isUp: Bool, at: UnixTime, lastConfirmedSeq: Int64? = nil, lastSentSeq: Int64? = nil,
        lastConfirmedAt: UnixTime? = nil
    ) {
        self.isUp = isUp
        self.at = at
        self.lastConfirmedSeq = lastConfirmedSeq
        self.lastSentSeq = lastSentSeq
        self.lastConfirmedAt = lastConfirmedAt
    }
}
