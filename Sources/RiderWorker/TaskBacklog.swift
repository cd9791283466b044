import DequeModule
import RiderJournal
import RiderModel
import RiderQueue
import Synchronization

/// What a worker holds between claim and acknowledgement: tasks that wait for a slot, results that wait for the journal,
/// records that wait for the acknowledgement. Its size is bounded by ``ClaimPlanner``.
final class TaskBacklog: Sendable {
    /// A result on its way into the journal.
    struct Finished: Sendable {
        let task: ClaimedTask
        let result: TaskResult
    }

    /// A journaled result on its way to the queue's acknowledgement and then to the publisher.
    struct Committed: Sendable {
        let finished: Finished
        let record: JournalRecord
    }

    private struct State {
        var planner: ClaimPlanner
        /// One list per level and domain: a more urgent task claimed later still starts earlier.
        var waiting: [Domain: [Deque<ClaimedTask>]] = [:]
        var waitingCount: [Domain: Int] = [:]
        var idleRunners: [Domain: [Signal]] = [:]
        var held: [Int64: Held] = [:]
        var finished: [Finished] = []
        var committed: [Committed] = []
        /// One claim at a time: the tasks of two could arrive here in the wrong order.
        var isClaiming = false
        var isDraining = false
        var runnersEnded = false
        var committerEnded = false
    }

    private struct Held {
        let lease: ClaimedTask.Lease
        var renewedAt: UInt64
    }

    private let state: Mutex<State>
    /// Some domain could take a task, or the end has come: for the claimer.
    let capacityChanged = Signal()
    /// For the committer.
    let resultFinished = Signal()
    /// For the acknowledger.
    let recordCommitted = Signal()
    /// The worker has been asked to stop: for the keeper of the grace period.
    let draining = Signal()

    private let isFirstInFirstOut: Bool

    /// - Parameter isFirstInFirstOut: whether tasks start in the order in which they were claimed. Otherwise a more urgent one that is
    ///   claimed later overtakes those that wait here.
    init(planner: ClaimPlanner, isFirstInFirstOut: Bool = false) {
        state = Mutex(State(planner: planner))
        self.isFirstInFirstOut = isFirstInFirstOut
    }

    // MARK: - Claiming

    /// Whether a wait for what has been reserved should end: other domains could take a task as well, or the end has come.
    func hasMore(than reservation: ClaimReservation) -> Bool {
        state.withLock { state in
            state.isDraining || state.planner.openDomains.contains { reservation.capacity[$0] == nil }
        }
    }

    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Takes what is free, or nothing while another claim is under way; ``settle(_:tasks:now:)`` must follow, with no tasks when the
    /// claim failed.
    func reserve() -> ClaimReservation {
        state.withLock { state in
            if state.isDraining || state.isClaiming { return ClaimReservation(capacity: [:], limit: 0) }
            let reservation = state.planner.reserve()
            state.isClaiming = !reservation.capacity.isEmpty
            return reservation
        }
    }

    /// Takes over claimed tasks. Refused ones become results at once.
    func settle(_ reservation: ClaimReservation, tasks: [ClaimedTask], now: UInt64) {
        let (wake, hasFinished, isOpen) = state.withLock { state -> ([Signal], Bool, Bool) in
            if !reservation.capacity.isEmpty { state.isClaiming = false }
            var runnable: [Domain: Int] = [:]
            var refused = 0
            for task in tasks {
                state.held[task.lease.position] = Held(lease: task.lease, renewedAt: now)
                let domain = task.envelope.type.domain
                if let refusal = task.refusal {
                    refused += 1
                    state.finished.append(Finished(task: task, result: refusal.result))
                } else {
                    runnable[domain, default: 0] += 1
                    let level = isFirstInFirstOut ? 0 : task.envelope.priority.rawValue - 1
                    state.waiting[domain, default: Array(repeating: [], count: Priority.all.count)][level].append(task)
                    state.waitingCount[domain, default: 0] += 1
                }
            }
            state.planner.settle(reservation, runnable: runnable, refused: refused)
            var wake: [Signal] = []
            for (domain, count) in runnable {
                let idle = state.idleRunners[domain]?.suffix(count) ?? []
                wake.append(contentsOf: idle)
                state.idleRunners[domain]?.removeLast(idle.count)
            }
            return (wake, refused > 0, !state.planner.openDomains.isEmpty)
        }
        for signal in wake { signal.notify() }
        if hasFinished { resultFinished.notify() }
        if isOpen { capacityChanged.notify() }
    }

    // MARK: - Running

    /// What a runner does next.
    enum Next: Sendable {
        case run([ClaimedTask])
        /// Wait for `signal`, then ask again.
        case wait
        case end
    }

    /// The most urgent waiting tasks of a domain.
    func next(in domain: Domain, signal: Signal) -> Next {
        state.withLock { state in
            if state.isDraining { return .end }
            let count = state.waitingCount[domain] ?? 0
            if count == 0 {
                state.idleRunners[domain, default: []].append(signal)
                return .wait
            }
            var share = state.planner.runnerShare(of: domain, waiting: count)
            var tasks: [ClaimedTask] = []
            tasks.reserveCapacity(share)
            for level in Priority.all.indices where share > 0 {
                while share > 0, let task = state.waiting[domain]?[level].popFirst() {
                    tasks.append(task)
                    share -= 1
                }
            }
            state.waitingCount[domain] = count - tasks.count
            return .run(tasks)
        }
    }

    func finish(_ results: [Finished], in domain: Domain, tookNanoseconds: UInt64) {
        let each = tookNanoseconds / UInt64(max(1, results.count))
        let isOpen = state.withLock { state in
            for _ in results { state.planner.ended(in: domain, tookNanoseconds: each) }
            state.finished.append(contentsOf: results)
            return !state.planner.openDomains.isEmpty
        }
        resultFinished.notify()
        if isOpen { capacityChanged.notify() }
    }

    /// A task leaves the worker without a result: its lease was given back, failed or lost.
    func drop(_ task: ClaimedTask) {
        state.withLock { state in
            state.planner.ended(in: task.envelope.type.domain, tookNanoseconds: nil)
            state.planner.released(1)
            state.held[task.lease.position] = nil
        }
        capacityChanged.notify()
    }

    // MARK: - Committing and acknowledging

    /// - Returns: nil when no more will come.
    func takeFinished() -> [Finished]? {
        state.withLock { state in
            let finished = state.finished
            state.finished = []
            return finished.isEmpty && state.runnersEnded ? nil : finished
        }
    }

    func commit(_ records: [Committed]) {
        state.withLock { $0.committed.append(contentsOf: records) }
        recordCommitted.notify()
    }

    /// - Returns: nil when no more will come.
    func takeCommitted() -> [Committed]? {
        state.withLock { state in
            let committed = state.committed
            state.committed = []
            return committed.isEmpty && state.committerEnded ? nil : committed
        }
    }

    func acknowledged(_ records: [Committed]) {
        let wasFull = state.withLock { state in
            defer {
                state.planner.released(records.count)
                for record in records { state.held[record.finished.task.lease.position] = nil }
            }
            return state.planner.isFull
        }
        // Otherwise their places have been free since they were finished.
        if wasFull { capacityChanged.notify() }
    }

    // MARK: - Leases

    /// Leases that were last renewed before `limit`.
    func leases(renewedBefore limit: UInt64) -> [ClaimedTask.Lease] {
        state.withLock { state in state.held.values.filter { $0.renewedAt < limit }.map(\.lease) }
    }

    func renewed(_ leases: [ClaimedTask.Lease], at now: UInt64) {
        state.withLock { state in
            for lease in leases { state.held[lease.position]?.renewedAt = now }
        }
    }

    /// Forgets waiting tasks whose leases are gone: another worker has them.
    func lost(_ leases: [ClaimedTask.Lease]) {
        let lost = Set(leases)
        let dropped = state.withLock { state -> [ClaimedTask] in
            var dropped: [ClaimedTask] = []
            for domain in state.waiting.keys {
                for level in Priority.all.indices {
                    let gone = state.waiting[domain]?[level].filter { lost.contains($0.lease) } ?? []
                    guard !gone.isEmpty else { continue }
                    state.waiting[domain]?[level].removeAll { lost.contains($0.lease) }
                    state.waitingCount[domain, default: 0] -= gone.count
                    dropped += gone
                }
            }
            // Not renewed again; their results, if any, will be refused at the acknowledgement.
            for lease in leases { state.held[lease.position] = nil }
            return dropped
        }
        for task in dropped { drop(task) }
    }

    // MARK: - Ending

    /// Stops claiming and starting.
    func drain() {
        let idle = state.withLock { state -> [Signal] in
            state.isDraining = true
            let idle = state.idleRunners.values.flatMap(\.self)
            state.idleRunners = [:]
            return idle
        }
        for signal in idle { signal.notify() }
        capacityChanged.notify()
        draining.notify()
    }

    /// Claimed tasks that nobody has started.
    func takeUnstarted() -> [ClaimedTask] {
        state.withLock { state in
            let tasks = state.waiting.values.flatMap { $0.flatMap(Array.init) }
            state.waiting = [:]
            state.waitingCount = [:]
            return tasks
        }
    }

    func runnersEnded() {
        state.withLock { $0.runnersEnded = true }
        resultFinished.notify()
    }

    func committerEnded() {
        state.withLock { $0.committerEnded = true }
        recordCommitted.notify()
    }
}

extension ClaimedTask.Refusal {
    /// The answer to a task that is not run.
    var result: TaskResult {
        switch self {
        case .expired: .failed("Expired before it was started", meta: [.init("reason", "expired")])
        case .superseded: .failed("A newer frame took its place", meta: [.init("reason", "superseded")])
        }
    }
}
