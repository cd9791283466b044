import RiderModel
import RiderQueue

/// A queue in memory that tells what was asked of it. Leases do not end by themselves.
actor MemoryQueue: TaskQueue {
    enum Event: Equatable {
        case acknowledged([String])
        case gaveBack([String])
        case failed(String, reason: String)
        case extended([String])
        case recovered([String], started: Set<ClaimedTask.Lease>?)
    }

    private var waiting: [ClaimedTask] = []
    private var leased: [Int64: ClaimedTask] = [:]
    private var nextPosition: Int64 = 1
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var observers: [CheckedContinuation<Void, Never>] = []
    private let observe: @Sendable (Event) -> Void
    var losesEverything = false
    var cycleError: QueueError?
    private var recovery = RecoveredLeases()
    /// A claim that waits claims once more when it is cancelled, as a queue does that has sent the claim already.
    private var claimsWhenCancelled = false

    init(observe: @escaping @Sendable (Event) -> Void = { _ in }) {
        self.observe = observe
    }

    func answerRecovery(_ recovery: RecoveredLeases) { self.recovery = recovery }
    func loseEverything() { losesEverything = true }
    func claimWhenCancelled() { claimsWhenCancelled = true }
    func breakDown(_ error: QueueError?) {
        cycleError = error
        wake()
    }

    /// - Parameter isAnnounced: whether those who wait are told.
    func add(
        _ id: String, type: TaskType = .textNLU, priority: Int = 5, refusal: ClaimedTask.Refusal? = nil,
        isAnnounced: Bool = true
    ) throws {
        let envelope = try TaskEnvelope(
            id: id, type: type, payload: Array(#"{"text":"x"}"#.utf8),
            priority: Priority(rawValue: priority) ?? .standard)
        add(envelope, refusal: refusal, isAnnounced: isAnnounced)
    }

    func add(
        _ envelope: TaskEnvelope, refusal: ClaimedTask.Refusal? = nil, deadline: UnixTime? = nil,
        isAnnounced: Bool = true
    ) {
        waiting.append(
            ClaimedTask(
                envelope: envelope, lease: .init(position: nextPosition, attempt: 1),
                enqueuedAt: UnixTime(milliseconds: 0), waited: .zero, refusal: refusal, deadline: deadline))
        nextPosition += 1
        if isAnnounced { wake() }
    }

    /// Returns when somebody waits for work.
    func untilSomebodyWaits() async {
        guard waiters.isEmpty else { return }
        await withCheckedContinuation { observers.append($0) }
    }

    private func wake() {
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome] { tasks.map { _ in .queued } }

    func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) async throws(QueueError) -> CycleOutcome {
        if let cycleError { throw cycleError }
        var outcome = CycleOutcome()
        if losesEverything {
            outcome.lost = finished
        } else if !finished.isEmpty {
            observe(.acknowledged(finished.compactMap { leased.removeValue(forKey: $0.position)?.envelope.id }))
        }
        var capacity = request.capacity
        waiting.sort { ($0.envelope.priority, $0.lease.position) < ($1.envelope.priority, $1.lease.position) }
        var rest: [ClaimedTask] = []
        for task in waiting {
            let free = capacity[task.envelope.type.domain] ?? 0
            if outcome.tasks.count < request.limit, free > 0 || task.refusal != nil {
                capacity[task.envelope.type.domain] = free - 1
                outcome.tasks.append(task)
                leased[task.lease.position] = task
            } else {
                rest.append(task)
            }
        }
        waiting = rest
        return outcome
    }

    func waitForWork(in domains: Set<Domain>) async throws {
        if waiting.contains(where: { domains.contains($0.envelope.type.domain) }) { return }
        // Woken by the next task, or by the cancellation of the test's worker.
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled { return continuation.resume() }
                waiters.append(continuation)
                for observer in observers { observer.resume() }
                observers = []
            }
        } onCancel: {
            Task { await self.wake() }
        }
        try Task.checkCancellation()
    }

    func claimWhenReady(_ request: ClaimRequest) async throws -> CycleOutcome {
        do {
            try await waitForWork(in: Set(request.capacity.keys))
        } catch is CancellationError where claimsWhenCancelled {}
        return try await cycle(acknowledging: [], claiming: request)
    }

    func extend(_ leases: [ClaimedTask.Lease]) async throws(QueueError) -> [ClaimedTask.Lease] {
        observe(.extended(leases.compactMap { leased[$0.position]?.envelope.id }.sorted()))
        return losesEverything ? leases : []
    }

    func giveBack(_ leases: [ClaimedTask.Lease]) async throws(QueueError) {
        observe(.gaveBack(leases.compactMap { leased.removeValue(forKey: $0.position)?.envelope.id }.sorted()))
    }

    func fail(_ lease: ClaimedTask.Lease, reason: String) async throws(QueueError) -> FailOutcome {
        observe(.failed(leased.removeValue(forKey: lease.position)?.envelope.id ?? "", reason: reason))
        return .dead
    }

    func recoverOwnLeases(_ remains: WorkerRemains) async throws(QueueError) -> RecoveredLeases {
        if let cycleError { throw cycleError }
        if remains.journaled.isEmpty, remains.started == nil { return recovery }
        observe(.recovered(remains.journaled.map(\.taskID), started: remains.started))
        return recovery
    }
    func pause(_ domains: Set<Domain>) async throws(QueueError) {}
    func resume(_ domains: Set<Domain>) async throws(QueueError) {}
    func warnings() async throws(QueueError) -> [String] { [] }
    func stats() async throws(QueueError) -> QueueStats {
        QueueStats(waiting: [:], leased: leased.count, delayed: 0, dead: 0, limit: 0, oldestWaiting: nil)
    }
    func list(limit: Int) async throws(QueueError) -> [QueuedTask] { [] }
    func bury(_ bytes: [UInt8], reason: String) async throws(QueueError) {}
    func deadLetters(limit: Int) async throws(QueueError) -> [DeadLetter] { [] }
    func retryDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { 0 }
    func dropDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int { 0 }
    func clear() async throws(QueueError) -> Int { 0 }
}
