import RiderJournal
import RiderModel

/// A replay as whoever sends it sees it.
public struct ReplayJob: Sendable {
    /// The number in every message's mark.
    public var run: Int64
    /// What the rows are of: one of these must have a subscriber before anything is sent.
    public var topics: Set<TelemetryTopic>
    public var topicPrefix: ReplayTopicPrefix
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

/// What has happened in a replay since the last report.
public struct ReplayReport: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable {
        /// For a subscriber.
        case waiting
        case sending
        /// Everything is sent; the last rows are not confirmed yet.
        case confirming
    }

    public var phase: Phase
    /// What became of rows, in the order of events.
    public var ranges: [DeliveryRange] = []
    /// Up to this row nothing is in doubt; nil: no change.
    public var position: Int64?
    /// Rows handed to the socket in all; rows sent once more after a loss of the link count once more.
    public var sent: Int64 = 0

    public init(phase: Phase) {
        self.phase = phase
    }
}

/// How the sending of a replay ended.
public enum ReplayEnding: Sendable, Hashable {
    /// All rows were sent.
    case finished
    /// Told to stop.
    case stopped
    /// Nobody had subscribed for so long; nothing was sent.
    case noSubscriber
    /// The link was lost, or the last subscriber left, and did not come back in time.
    case interrupted
}

/// What sends replays: a publisher with its socket, one replay at a time.
public protocol ReplayOutlet: Sendable {
    /// A probe confirms what is sent. Without one, `handed_off` is the best that can be known.
    var confirms: Bool { get }

    /// Sends a replay beside live messages, which go first. Cancelling the surrounding task stops it in order: what is on
    /// its way may still be confirmed.
    ///
    /// - Throws: what reading the rows threw, or ``ReplayOutletClosed``.
    func send(_ job: ReplayJob) async throws -> ReplayEnding
}

/// The publisher has ended.
public struct ReplayOutletClosed: Error, Sendable, CustomStringConvertible {
    public init() {}

    public var description: String { "the publisher has ended" }
}
