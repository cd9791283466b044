import RiderJournal
import RiderModel

/// A replay as whoever sends it sees it.
public struct ReplayJob: Sendable {
    /// The number in every message's mark.
    public var run: Int64
    /// What the rows are of: one of these must have a subscriber before anything is sent.
    public var topics: Set<TelemetryTopic>
    /// What stands before their names on the wire.
    public var topicPrefix: ReplayTopicPrefix
    /// How fast; see ``ReplayPace``.
    public var rate: ReplayRate
    /// How long nobody may be there.
    public var wait: Duration
    /// A subscription to everything does not count: it may be anybody's who looks what is on the bus.
    public var namedSubscribersOnly: Bool
    /// Sends what comes behind this row.
    public var position: Int64
    /// Reads the next rows behind a number, in order; none means the end. A read is over before anything of it is sent.
    public var rows: @Sendable (_ after: Int64) async throws -> [JournalRecord]
    /// Takes what has happened. Called on the sender's thread: it must not block.
    public var report: @Sendable (ReplayReport) -> Void

    public init(
        run: Int64, topics: Set<TelemetryTopic>, topicPrefix: ReplayTopicPrefix = .none, rate: ReplayRate,
        wait: Duration = .seconds(5), namedSubscribersOnly: Bool = false, position: Int64 = 0,
        rows: @escaping @Sendable (_ after: Int64) async throws -> [JournalRecord],
        report: @escaping @Sendable (ReplayReport) -> Void
    ) {
        self.run = run
        self.topics = topics
        self.topicPrefix = topicPrefix
        self.rate = rate
        self.wait = wait
        self.namedSubscribersOnly = namedSubscribersOnly
        self.position = position
        self.rows = rows
        self.report = report
    }
}
