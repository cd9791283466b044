import RiderModel

/// The last outage as a replay sees it: with those just before it between which nothing arrived.
public struct OutageSpan: Sendable, Hashable {
    /// The outages in it, oldest first.
    public var outages: [Outage]
    /// The first row in it.
    public var firstSeq: Int64
    /// The last row in it; while it lasts the newest row there is.
    public var lastSeq: Int64
    public var begunAt: UnixTime
    /// nil while it lasts.
    public var endedAt: UnixTime?
}
