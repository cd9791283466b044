import RiderJournal
import RiderModel

/// Where a worker's results are committed.
public protocol ResultJournal: Sendable {
    /// Returns when the entries are on disk.
    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord]

    /// The queue has answered for all results up to `seq`. Of those named the worker had lost the leases: another claim of their tasks
    /// counts. Returns at once; should it be lost with the process, the results are asked about again.
    func recordAcknowledged(upTo seq: Int64, superseded: [Int64])

    /// Results of an earlier run for which that never happened, the oldest first.
    var unacknowledgedAtOpen: [UnacknowledgedResult] { get }
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
