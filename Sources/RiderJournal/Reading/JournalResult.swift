import RiderModel

/// A journaled result as lists show it.
public struct JournalResult: Sendable, Hashable {
    public var seq: Int64
    /// Number in the topic.
    public var topicSeq: Int64
    public var topic: TelemetryTopic
    public var recordedAt: UnixTime
    public var taskID: String
    public var taskType: String
    public var priority: Int
    public var attempt: Int
    public var status: String
    public var waitMilliseconds: Int64
    public var processingMilliseconds: Double?
    public var state: DeliveryState
    /// Its worker had lost the lease: another attempt counts.
    public var isSuperseded: Bool
    public var bodyBytes: Int
    /// nil unless the query asked for bodies.
    public var body: [UInt8]?
}
