import RiderModel

/// Which results a reader wants. All conditions must hold.
public struct JournalQuery: Sendable, Hashable {
    /// Only rows with a higher `seq`: to go on, put in the last one that was read.
    public var after: Int64 = 0
    /// Only rows up to this `seq`.
    public var through: Int64 = .max - 1
    /// Rows at most. Default 256.
    public var limit = 256
    /// Of one of these; empty means every topic.
    public var topics: Set<TelemetryTopic> = []
    public var taskType: TaskType?
    public var status: TaskResult.Status?
    public var taskID: String?
    /// The first outcome, whatever replays did later.
    public var state: DeliveryState?
    /// Only rows that a listener may have missed and that no replay has brought since: see
    /// ``JournalResult/isDelivered``. Rows that were not to be published, and superseded ones, are not among them.
    public var onlyUndelivered = false
    /// Rows of a worker that had lost its lease as well; they are never sent. Default true.
    public var includesSuperseded = true
    /// Recorded at this time or later.
    public var since: UnixTime?
    /// Recorded before this time.
    public var until: UnixTime?
    /// Bodies are read as well. Default false.
    public var includesBodies = false
    /// With bodies, stops after the row that reaches this many bytes of them. Default 4 MiB.
    public var maxBodyBytes = 4 << 20

    public init() {}
}
