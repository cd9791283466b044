/// A task that a worker holds under a lease.
public struct ClaimedTask: Sendable, Hashable {
    /// Proves the holder when the task is acknowledged: it names one claim of one task, not the task alone.
    public struct Lease: Sendable, Hashable {
        /// The queue's own number of the task.
        public let position: Int64
        /// Claims so far, this one included. A later claim has a higher number, so an old lease no longer fits.
        public let attempt: Int

        public init(position: Int64, attempt: Int) {
            self.position = position
            self.attempt = attempt
        }
    }

    /// Why a task comes out of the queue although it is not to be run. It still needs a result and an acknowledgement.
    public enum Refusal: Sendable, Hashable {
        /// Its time to start ran out while it waited.
        case expired
        /// A newer frame took its place.
        case superseded
    }

    public let envelope: TaskEnvelope
    public let lease: Lease
    public let enqueuedAt: UnixTime
    /// How long it waited until this claim.
    public let waited: Duration
    /// nil for a task to run.
    public let refusal: Refusal?
    /// When the task is no longer worth starting; nil means never.
    public let deadline: UnixTime?

    public init(
        envelope: TaskEnvelope, lease: Lease, enqueuedAt: UnixTime, waited: Duration, refusal: Refusal? = nil,
        deadline: UnixTime? = nil
    ) {
        self.envelope = envelope
        self.lease = lease
        self.enqueuedAt = enqueuedAt
        self.waited = waited
        self.refusal = refusal
        self.deadline = deadline
    }

    public var attempt: Int { lease.attempt }
}
