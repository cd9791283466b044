import RiderModel

/// A time in which a link was down.
public struct ReportOutage: Sendable, Hashable {
    public var link: String
    public var began: UnixTime
    /// nil when it had not ended at the end of the span.
    public var ended: UnixTime?

    public init(link: String, began: UnixTime, ended: UnixTime?) {
        self.link = link
        self.began = began
        self.ended = ended
    }
}
