import RiderJournal
import RiderModel

/// What a replay would send, without sending it.
public struct ReplayPreview: Sendable, Hashable {
    /// How many messages.
    public var rows: Int64
    /// Of the bodies, without the marks.
    public var bytes: Int64
    /// The first row; nil, as what follows, when there is none.
    public var firstSeq: Int64?
    public var lastSeq: Int64?
    public var firstRecordedAt: UnixTime?
    public var lastRecordedAt: UnixTime?
    /// How long it would take at this pace; nil for `max`, which only the listener knows.
    public var duration: Duration?
    /// The pace that was asked for, or the configuration's.
    public var rate: ReplayRate

    public init(_ bounds: ReplayBounds, rate: ReplayRate) {
        let summary = bounds.summary
        (rows, bytes) = (summary.rows, summary.bytes)
        (firstSeq, lastSeq) = (summary.firstSeq, summary.lastSeq)
        (firstRecordedAt, lastRecordedAt) = (summary.firstRecordedAt, summary.lastRecordedAt)
        self.rate = rate
        switch rate {
        case .unlimited: duration = nil
        case .perSecond(let rate), .adaptive(let rate):
            duration = .milliseconds(Int64(Double(summary.rows) / rate * 1000))
        case .speed(let factor):
            let span = span ?? .zero
            duration = .milliseconds(Int64(Double(span.wholeMilliseconds) / factor))
        }
    }

    /// Between the first and the last row.
    public var span: Duration? {
        guard let firstRecordedAt, let lastRecordedAt else { return nil }
        return lastRecordedAt - firstRecordedAt
    }
}
