import RiderModel

/// What a worker and a producer need from a queue, whichever store is behind it.
///
/// Ten strict levels, first in first out inside a level across domains. A claim takes a lease; a lease that is not
/// renewed ends, and the task goes back to the head of its level with one attempt more. All methods may be called from
/// several tasks at once; each is one atomic step in the store.
public protocol TaskQueue: Sendable {
    /// Where tasks run best that do little but call this queue: calls from there need no change of thread. nil: anywhere.
    var taskExecutor: (any TaskExecutor)? { get }

    // MARK: - Producers

    /// Puts tasks in, in order.
    ///
    /// - Returns: one outcome per task, in the same order. Refused tasks do not keep the others out.
    /// - Throws: ``QueueError`` when the store could not do it: then no task of this call is in.
    func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome]

    // MARK: - Workers

    /// Acknowledges finished tasks and claims new ones in one step: one transaction or one round trip. In the same step leases
    /// that ended and waits that are over bring their tasks back, also those of domains that the request does not name.
    func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) async throws(QueueError) -> CycleOutcome

    /// Returns when a claim for one of the domains may find something: at once when tasks are waiting, otherwise when one is
    /// put in by any process, when a delayed one falls due or when a lease ends. Never polls. Spurious returns are allowed.
    ///
    /// - Throws: `CancellationError`, or ``QueueError`` when the store is away.
    func waitForWork(in domains: Set<Domain>) async throws

    /// Claims as soon as there may be something to claim: ``waitForWork(in:)`` for the request's domains and a cycle after it, in one
    /// step where the store can do that. It may find nothing.
    ///
    /// A cancelled call either throws `CancellationError` and holds nothing, or gives what it has claimed all the same.
    ///
    /// - Throws: `CancellationError`, or ``QueueError`` when the store is away.
    func claimWhenReady(_ request: ClaimRequest) async throws -> CycleOutcome

    /// Renews leases for another full period.
    ///
    /// - Returns: those that this worker no longer holds.
    func extend(_ leases: [ClaimedTask.Lease]) async throws(QueueError) -> [ClaimedTask.Lease]

    /// Puts tasks back to the head of their level as if they had not been claimed: for an orderly end of the worker.
    func giveBack(_ leases: [ClaimedTask.Lease]) async throws(QueueError)

    /// Records that a task could not be worked on: it is tried again after a random wait (full jitter), or becomes a dead
    /// letter when its attempts are used up. One that was refused comes out again at once.
    func fail(_ lease: ClaimedTask.Lease, reason: String) async throws(QueueError) -> FailOutcome

    /// Settles what an earlier worker of the same name still held; called once at start, before the first claim.
    ///
    /// What it had journaled is acknowledged now if its lease still holds. The other leases end: their tasks go back to the head of
    /// their level.
    func recoverOwnLeases(_ remains: WorkerRemains) async throws(QueueError) -> RecoveredLeases

    // MARK: - People

    /// Stops claims from domains, by every worker, until ``resume(_:)``. Producers go on, and so does what is claimed already.
    func pause(_ domains: Set<Domain>) async throws(QueueError)

    func resume(_ domains: Set<Domain>) async throws(QueueError)

    /// What about the store endangers the tasks, in words for people; empty when nothing does.
    func warnings() async throws(QueueError) -> [String]

    func stats() async throws(QueueError) -> QueueStats

    /// Tasks in the order in which they would be claimed, then the superseded, the leased and the delayed ones.
    func list(limit: Int) async throws(QueueError) -> [QueuedTask]

    /// Keeps something unreadable for inspection.
    func bury(_ bytes: [UInt8], reason: String) async throws(QueueError)

    /// The newest first.
    func deadLetters(limit: Int) async throws(QueueError) -> [DeadLetter]

    /// Puts dead letters back in with a fresh count of attempts; nil means all.
    ///
    /// - Returns: how many went back; unreadable ones stay.
    func retryDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int

    /// Removes dead letters; nil means all.
    func dropDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int

    /// Removes waiting, superseded and delayed tasks, not leased ones.
    ///
    /// - Returns: how many were removed.
    func clear() async throws(QueueError) -> Int
}

extension TaskQueue {
    public var taskExecutor: (any TaskExecutor)? { nil }

    public func claimWhenReady(_ request: ClaimRequest) async throws -> CycleOutcome {
        try await waitForWork(in: request.domains)
        return try await cycle(acknowledging: [], claiming: request)
    }
}
