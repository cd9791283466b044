import RiderJournal
import RiderModel

/// What a report needs to know of a journaled result.
public struct ReportResult: Sendable {
    public var recordedAt: UnixTime
    public var taskType: String
    /// 1 is the most urgent.
    public var priority: Int
    public var isFailed: Bool
    public var waitMilliseconds: Int64
    public var processingMilliseconds: Double?
    /// What is known of it by now, replays included.
    public var delivery: DeliveryState
    /// A listener has it, as far as can be known.
    public var isDelivered: Bool
    /// Its worker had lost the lease: another attempt's row counts.
    public var isSuperseded: Bool

    public init(
        recordedAt: UnixTime, taskType: String, priority: Int, isFailed: Bool, waitMilliseconds: Int64,
        processingMilliseconds: Double?, delivery: DeliveryState, isDelivered: Bool, isSuperseded: Bool = false
    ) {
        self.recordedAt = recordedAt
        self.taskType = taskType
        self.priority = priority
        self.isFailed = isFailed
        self.waitMilliseconds = waitMilliseconds
        self.processingMilliseconds = processingMilliseconds
        self.delivery = delivery
        self.isDelivered = isDelivered
        self.isSuperseded = isSuperseded
    }
}
