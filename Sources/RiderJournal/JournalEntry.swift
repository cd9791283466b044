import RiderModel

/// One result on its way into the journal.
public struct JournalEntry: Sendable {
    public var taskID: String
    /// nil for a message that is no result.
    public var taskType: TaskType?
    public var topic: TelemetryTopic
    public var priority: Priority
    /// Which try of the task it is, from 1.
    public var attempt: Int
    /// The queue's number of the task; with ``attempt`` it names the claim that gave this result. 0: none.
    public var position: Int64
    public var status: TaskResult.Status
    /// What the task had waited when it was claimed; see ``ClaimedTask/waited``.
    public var waitMilliseconds: Int64
    /// What the engine took; nil when none has worked on it.
    public var processingMilliseconds: Double?
    /// When the result came into being; stays with the row in every replay.
    public var recordedAt: UnixTime
    /// The telemetry message's JSON object without `_rider`.
    public var body: [UInt8]

    public init(
        taskID: String, taskType: TaskType?, topic: TelemetryTopic, priority: Priority, attempt: Int,
        position: Int64 = 0, status: TaskResult.Status, waitMilliseconds: Int64, processingMilliseconds: Double?,
        recordedAt: UnixTime,
        body: [UInt8]
    ) {
        self.taskID = taskID
        self.taskType = taskType
        self.topic = topic
        self.priority = priority
        self.attempt = attempt
        self.position = position
        self.status = status
        self.waitMilliseconds = waitMilliseconds
        self.processingMilliseconds = processingMilliseconds
        self.recordedAt = recordedAt
        self.body = body
    }

    /// One round of metric samples on `telemetry.metrics`: history that is numbered, sent and replayed as results are, but
    /// no task's result.
    public static func metrics(body: [UInt8], recordedAt: UnixTime) -> JournalEntry {
        JournalEntry(
            taskID: "", taskType: nil, topic: .metrics, priority: .standard, attempt: 1, status: .completed,
            waitMilliseconds: 0, processingMilliseconds: nil, recordedAt: recordedAt, body: body)
    }
}
