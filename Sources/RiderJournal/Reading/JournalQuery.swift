import RiderModel

/// Which results a reader wants. All conditions must hold.
public struct JournalQuery: Sendable, Hashable {
    /// Only rows with a higher `seq`: to go on, put in the last one that was read.
    public var after: Int64 = 0
    /// Rows at most. Default 256.
    public var limit = 256
    public var topic: TelemetryTopic?
    public var taskType: TaskType?
    public var status: TaskResult.Status?
    public var taskID: String?
    public var state: DeliveryState?
    /// Recorded at this time or later.
    public var since: UnixTime?
    /// Recorded before this time.
    public var until: UnixTime?
    /// Bodies are read as well. Default false.
    public var includesBodies = false

    public init() {}
}
