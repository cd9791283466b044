import RiderModel

/// The rows that meet a query, in numbers.
public struct ResultSummary: Sendable, Hashable {
    public var rows: Int64 = 0
    /// Bytes of their bodies.
    public var bytes: Int64 = 0
    public var firstSeq: Int64?
    public var lastSeq: Int64?
    public var firstRecordedAt: UnixTime?
    public var lastRecordedAt: UnixTime?

    public init() {}
}
