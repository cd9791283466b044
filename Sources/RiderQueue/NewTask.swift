import RiderModel

/// A task on its way into the queue.
public struct NewTask: Sendable {
    public let envelope: TaskEnvelope
    /// True when the producer is told only after the task would survive a power cut. Robot frames do without: they are
    /// worthless a moment later.
    public let durable: Bool
    /// For frames: when this many tasks of the same type are waiting already, the oldest ones are superseded, never this one.
    public let newestWins: Int?

    public init(_ envelope: TaskEnvelope, durable: Bool = true, newestWins: Int? = nil) {
        self.envelope = envelope
        self.durable = durable
        self.newestWins = newestWins
    }
}

/// What became of one task of an enqueue call.
public enum EnqueueOutcome: Sendable, Hashable {
    case queued
    /// A task of this id is in the queue already.
    case duplicate
    /// The queue holds its limit of tasks.
    case full(limit: Int)
    /// The task has more bytes than the limit.
    case tooLarge(limit: Int)
}
