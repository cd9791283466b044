/// A result in the journal while its worker died before it noted the queue's answer to the acknowledgement.
public struct UnacknowledgedResult: Sendable, Hashable {
    public var seq: Int64
    public var taskID: String
    /// The queue's number of the task.
    public var position: Int64
    public var attempt: Int

    public init(seq: Int64, taskID: String, position: Int64, attempt: Int) {
        self.seq = seq
        self.taskID = taskID
        self.position = position
        self.attempt = attempt
    }
}
