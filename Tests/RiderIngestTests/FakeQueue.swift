import RiderModel
import RiderQueue
import Synchronization

/// A queue in memory that can be away, and tells what was done to it.
final class FakeQueue: TaskQueue {
    enum Event: Sendable, Equatable {
        case enqueued([String])
        case buried(String)
        case failed
    }

    private struct State {
        var tasks: [NewTask] = []
        var failures = 0
        var outcomes: [String: EnqueueOutcome] = [:]
    }

    let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation
    private let state = Mutex(State())

    init() {
        (events, sink) = AsyncStream.makeStream(of: Event.self)
    }

    var tasks: [NewTask] { state.withLock { $0.tasks } }

    /// The next so many calls find the store away.
    func fail(times: Int) { state.withLock { $0.failures = times } }

    func answer(_ outcome: EnqueueOutcome, for id: String) { state.withLock { $0.outcomes[id] = outcome } }

    private func checkAvailable() throws(QueueError) {
        let isAway = state.withLock { state in
            defer { state.failures = max(0, state.failures - 1) }
            return state.failures > 0
        }
        if isAway {
            sink.yield(.failed)
            throw QueueError(.unavailable, "away")
        }
    }

    func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome] {
        try checkAvailable()
        let outcomes = state.withLock { state in
            tasks.map { task in
                let outcome = state.outcomes[task.envelope.id] ?? .queued
                if outcome == .queued { state.tasks.append(task) }
                return outcome
            }
        }
        sink.yield(.enqueued(tasks.map(\.envelope.id)))
        return outcomes
    }

    func bury(_ bytes: [UInt8], reason: String) async throws(QueueError) {
        try checkAvailable()
        sink.yield(.buried(String(decoding: bytes, as: UTF8.self)))
    }

    // What ingest never calls.
    func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) async throws(QueueError) -> CycleOutcome { CycleOutcome() }
    func waitForWork(in domains: Set<Domain>) async throws {}
    func extend(_ leases: [ClaimedTask.Lease]) async throws(QueueError) -> [ClaimedTask.Lease] { [] }
    func giveBack(_ leases: [ClaimedTask.Lease]) async throws(QueueError) {}
    func fail(_ lease: ClaimedTask.Lease, reason: String) async throws(QueueError) -> FailOutcome { .lost }
    func recoverOwnLeases(_ remains: WorkerRemains) async throws(QueueError) -> RecoveredLeases { .init() }
    func pause(_ domains: Set<Domain>) async throws(QueueError) {}
    func resume(_ domains: Set<Domain>) async throws(QueueError) {}
    func warnings() async throws(QueueError) -> [String] { [] }
    func stats() async throws(QueueError) -> QueueStats {
        QueueStats(waiting: [:], leased: 0, delayed: 0, dead: 0, limit: 0, oldestWaiting: nil)
    }
    func list(limit: Int) async throws(QueueError) -> [QueuedTask] { [] }
    func deadLetters(limit: Int) async throws(QueueError) -> [DeadLetter] { [] }
    func retryDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { 0 }
    func dropDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { 0 }
    func clear() async throws(QueueError) -> Int { 0 }
}
