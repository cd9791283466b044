import RiderJournal
import RiderModel

/// Where a worker's results are committed.
public protocol ResultJournal: Sendable {
    /// Returns when the entries are on disk.
    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord]

    /// The worker had lost the leases of these results: another claim of their tasks counts.
    func markSuperseded(_ sequenceNumbers: [Int64]) async throws
}

/// Where committed and acknowledged results go on to. Neither call may wait.
public protocol ResultPublisher: Sendable {
    /// Records arrive in the order of their `seq`.
    func publish(_ records: [JournalRecord])

    /// Lets the robot act on a result. Called once per result at most, never again for the same one.
    ///
    /// - Parameter receivedAt: when the input arrived here, in monotonic nanoseconds.
    func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64)
}
