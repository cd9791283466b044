import DequeModule
import RiderModel
import RiderQueue
import Synchronization

/// A queue that hands out the tasks it was made with, in memory: for measuring a worker alone.
final class HeldTasks: TaskQueue {
    /// Tasks that the worker has acknowledged.
    let acknowledged = Tally()
    private let waiting: Mutex<Deque<ClaimedTask>>

    init(_ tasks: [ClaimedTask]) {
        waiting = Mutex(Deque(tasks))
    }

    func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) async throws(QueueError) -> CycleOutcome {
        let tasks = waiting.withLock { waiting in
            let count = min(waiting.count, request.limit, request.capacity.values.reduce(0, +))
            defer { waiting.removeFirst(count) }
            return Array(waiting.prefix(count))
        }
        acknowledged.add(finished.count)
        return CycleOutcome(tasks: tasks)
    }

    /// Nothing comes later.
    func waitForWork(in domains: Set<Domain>) async throws {
        if waiting.withLock(\.isEmpty) { try await Task.sleep(for: .seconds(3600)) }
    }

    func extend(_ leases: [ClaimedTask.Lease]) async throws(QueueError) -> [ClaimedTask.Lease] { [] }
    func giveBack(_ leases: [ClaimedTask.Lease]) async throws(QueueError) {}
    func recoverOwnLeases(_ remains: WorkerRemains) async throws(QueueError) -> RecoveredLeases { .init() }

    // MARK: - What a worker does not ask for

    func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome] { throw Self.absent }
    func fail(_ lease: ClaimedTask.Lease, reason: String) async throws(QueueError) -> FailOutcome { throw Self.absent }
    func pause(_ domains: Set<Domain>) async throws(QueueError) { throw Self.absent }
    func resume(_ domains: Set<Domain>) async throws(QueueError) { throw Self.absent }
    func warnings() async throws(QueueError) -> [String] { throw Self.absent }
    func stats() async throws(QueueError) -> QueueStats { throw Self.absent }
    func list(limit: Int) async throws(QueueError) -> [QueuedTask] { throw Self.absent }
    func bury(_ bytes: [UInt8], reason: String) async throws(QueueError) { throw Self.absent }
    func deadLetters(limit: Int) async throws(QueueError) -> [DeadLetter] { throw Self.absent }
    func retryDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { throw Self.absent }
    func dropDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { throw Self.absent }
    func clear() async throws(QueueError) -> Int { throw Self.absent }

    private static var absent: QueueError { QueueError(.unavailable, "these tasks are only worked on") }
}
