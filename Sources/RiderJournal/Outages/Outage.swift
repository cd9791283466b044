import RiderModel

/// A span of time in which telemetry did not reach its listeners.
public struct Outage: Sendable, Hashable, Identifiable {
    public enum Cause: String, Sendable, CaseIterable {
        /// The link was up and nobody had subscribed to any telemetry: normal on many robots, and no fault.
        case noSubscriber = "no_subscriber"
        case linkDown = "link_down"
        /// The other side was there and did not answer.
        case frozen
        /// No worker ran.
        case processDown = "process_down"
    }

    public var id: Int64
    public var cause: Cause
    /// When the last message that is known to have arrived was sent; when nothing was on its way, as ``noticedAt``.
    public var begunAt: UnixTime
    public var noticedAt: UnixTime
    /// nil while it lasts.
    public var endedAt: UnixTime?
    /// The last row before it: rows behind it were on their way, or came into being, when it began.
    public var afterSeq: Int64
    /// The last row in it; while it lasts the newest row there is.
    public var throughSeq: Int64
    /// Rows that were on their way or came into being in it. Most of them arrive when it ends: see
    /// ``JournalQuery/onlyUndelivered`` for those that did not.
    public var rows: Int64
}
