/// How a journal behaves.
public struct JournalConfiguration: Sendable {
    /// A group of results is committed at this many rows. Default 512.
    public var commitRows = 512
    /// A group of results is committed at this many bytes of bodies. Default 1 MiB.
    public var commitBytes = 1 << 20
    /// A group of results is committed this long after its first row at the latest. Default 2 ms.
    public var commitInterval = Duration.milliseconds(2)
    /// Results waiting for a commit at most; appenders wait beyond it. Default 4,096.
    public var maxWaitingRows = 4_096
    /// Bytes of bodies waiting for a commit at most; appenders wait beyond it. Default 64 MiB.
    public var maxWaitingBytes = 64 << 20
    /// A larger body is refused. Default 8 MiB.
    public var maxBodyBytes = 8 << 20
    /// Results older than this are removed, delivered ones first. Default 30 days.
    public var retention = Duration.seconds(30 * 86_400)
    /// Bodies of messages on `telemetry.metrics` older than this are removed; the samples themselves are kept elsewhere.
    /// Default 24 hours.
    public var metricsMessageRetention = Duration.seconds(24 * 3600)
    /// The results file may grow to this; the oldest delivered results make room. Default 2 GiB.
    public var maxBytes: Int64 = 2 << 30
    /// The write-ahead log is cut back at about this size. Default 16 MiB.
    public var walBytes = 16 << 20
    /// Delivery states are written at least this often. Default 250 ms.
    public var deliveryFlushInterval = Duration.milliseconds(250)
    /// Runs of delivery states that may wait for being written; beyond it they are written at once. Default 16,384.
    public var maxPendingRanges = 16_384
    /// Replays remembered with their ranges; the oldest ended ones are forgotten. Default 100.
    public var maxReplayRuns = 100
    /// Outages remembered; the oldest ended ones are forgotten, as are those older than ``retention``. Default 10,000.
    public var maxOutages = 10_000

    /// Nothing confirms what is handed off (telemetry goes to listeners directly), and a row that was handed off this long
    /// ago counts as delivered: its listener still answered a heartbeat that was sent after it. nil: a probe confirms, and
    /// `handed_off` is not the end. Default nil.
    public var handOffSettles: Duration?

    public init() {}
}
