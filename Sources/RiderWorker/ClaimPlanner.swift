import RiderModel

/// Decides how many tasks of each domain to claim now. A value without I/O.
///
/// A domain gets its free slots. Beyond them it gets tasks ahead, so that fast engines are fed in batches, but only as many
/// as are finished within ``WorkerConfiguration/claimAhead`` by the recent measure of how long one takes. A domain whose
/// tasks take longer claims one by one.
struct ClaimPlanner: Sendable {
    private struct Load: Sendable {
        let slots: Int
        /// Claimed and not finished, or asked for and not answered yet.
        var taken = 0
        /// Nanoseconds that one task takes. It follows a slower task at once and faster ones slowly, so that a domain with
        /// mixed tasks counts as slow.
        var estimate: Double?
    }

    private var loads: [Domain: Load]
    private let batchSize: Int
    private let claimAhead: Double
    /// Claimed and not acknowledged, over all domains: results that wait for a slow disk count as well.
    private(set) var held = 0

    init(slots: [Domain: Int], batchSize: Int, claimAhead: Duration) {
        loads = slots.mapValues { Load(slots: $0) }
        self.batchSize = batchSize
        self.claimAhead = claimAhead.inSeconds * 1e9
    }

    /// Claimed and unacknowledged tasks at most.
    private var holdLimit: Int { batchSize * 4 + loads.values.reduce(0) { $0 + $1.slots } }

    /// No more may be claimed, of whatever domain, until something is acknowledged.
    var isFull: Bool { held >= holdLimit }

    /// The domains that could take a task now.
    var openDomains: Set<Domain> {
        if isFull { return [] }
        return Set(loads.keys.filter { free(in: $0) > 0 })
    }

    private func free(in domain: Domain) -> Int {
        guard let load = loads[domain] else { return 0 }
        return max(0, load.slots + ahead(load) - load.taken)
    }

    private func ahead(_ load: Load) -> Int {
        guard let estimate = load.estimate else { return 0 }
        return min(batchSize * 2, Int(Double(load.slots) * claimAhead / max(estimate, 1000)))
    }

    /// How many tasks a runner may take at once: several only when they are finished in a moment.
    func runnerShare(of domain: Domain, waiting: Int) -> Int {
        guard let load = loads[domain], let estimate = load.estimate, estimate < 500_000 else { return 1 }
        return max(1, min(64, waiting / (2 * max(1, load.slots))))
    }

    /// Takes what is free and gives it as a claim; ``settle(_:claimed:)`` must follow.
    mutating func reserve() -> ClaimReservation {
        let room = min(batchSize, holdLimit - held)
        guard room > 0 else { return ClaimReservation(capacity: [:], limit: 0) }
        var capacity: [Domain: Int] = [:]
        for domain in loads.keys {
            let free = min(free(in: domain), room)
            guard free > 0 else { continue }
            capacity[domain] = free
            loads[domain]?.taken += free
        }
        held += capacity.isEmpty ? 0 : room
        return ClaimReservation(capacity: capacity, limit: capacity.isEmpty ? 0 : room)
    }

    /// Gives back what a claim did not use.
    ///
    /// - Parameters:
    ///   - runnable: claimed tasks that will be run, by domain.
    ///   - refused: claimed tasks that only need an answer.
    mutating func settle(_ reservation: ClaimReservation, runnable: [Domain: Int], refused: Int) {
        for (domain, reserved) in reservation.capacity {
            loads[domain]?.taken -= reserved - (runnable[domain] ?? 0)
        }
        held -= reservation.limit - runnable.values.reduce(0, +) - refused
    }

    /// A task has a result, or was taken out of the worker without one.
    mutating func ended(in domain: Domain, tookNanoseconds: UInt64?) {
        loads[domain]?.taken -= 1
        guard let sample = tookNanoseconds.map({ Double($0) }) else { return }
        let estimate = loads[domain]?.estimate ?? sample
        loads[domain]?.estimate = sample > estimate ? sample : estimate * 0.9 + sample * 0.1
    }

    /// Tasks left the worker: acknowledged or given back.
    mutating func released(_ count: Int) {
        held -= count
    }
}

/// Places taken for a claim that is under way.
struct ClaimReservation: Sendable, Equatable {
    var capacity: [Domain: Int]
    var limit: Int

    /// Whether the queue may hold more than what it gave: it gave as much as it might, altogether or of one domain.
    func isUsedUp(by tasks: [ClaimedTask]) -> Bool {
        if tasks.count >= limit { return true }
        var left = capacity
        for task in tasks where task.refusal == nil { left[task.envelope.type.domain, default: 0] -= 1 }
        return left.values.contains { $0 <= 0 }
    }
}
