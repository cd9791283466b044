import RiderModel

@testable import RiderQueue

/// The contract of a queue in the plainest form there is: a list that is searched from the beginning every time.
struct QueueModel {
    struct Entry {
        enum Place: Equatable {
            case ready
            case superseded
            case leased(owner: String, attempt: Int, ends: UnixTime, superseded: Bool)
            case delayed(until: UnixTime)
        }

        let order: Int
        let envelope: TaskEnvelope
        let enqueuedAt: UnixTime
        var attempts = 0
        /// The queue's number, once a claim has told it.
        var position: Int64 = 0
        var place = Place.ready
    }

    struct Outcome: Equatable {
        var tasks: [String] = []
        var lost: [String] = []
        var reaped = 0
        var died = 0
    }

    let configuration: QueueConfiguration
    private(set) var entries: [Entry] = []
    /// The oldest first.
    private(set) var dead: [TaskEnvelope] = []
    var paused: Set<Domain> = []
    private var lost: Set<String> = []
    private var lastOrder = 0

    init(_ configuration: QueueConfiguration) {
        self.configuration = configuration
    }

    mutating func enqueue(_ task: NewTask, now: UnixTime) -> EnqueueOutcome {
        let type = task.envelope.type
        let waiting = entries.filter { $0.envelope.type == type && $0.place == .ready }.map(\.order)
        let excess = task.newestWins.map { max(0, waiting.count - $0 + 1) } ?? 0
        let superseded = entries.count { $0.place == .superseded }
        let hasRoom = entries.count < configuration.maxSize || (excess > 0 && superseded < configuration.maxSize)
        if entries.contains(where: { $0.envelope.id == task.envelope.id }) { return .duplicate }
        guard hasRoom else { return .full(limit: configuration.maxSize) }
        for order in waiting.sorted().prefix(excess) { change(order) { $0.place = .superseded } }
        lastOrder += 1
        entries.append(Entry(order: lastOrder, envelope: task.envelope, enqueuedAt: now))
        return .queued
    }

    mutating func cycle(
        owner: String, acknowledging ids: [(id: String, attempt: Int)], claiming request: ClaimRequest, now: UnixTime
    ) -> Outcome {
        var outcome = Outcome()
        for (id, attempt) in ids {
            if let order = held(id, attempt, by: owner) {
                entries.removeAll { $0.order == order }
            } else {
                outcome.lost.append(id)
            }
        }
        let ended = entries.compactMap { entry -> (UnixTime, Int)? in
            if case .leased(_, _, let ends, _) = entry.place, ends <= now { (ends, entry.order) } else { nil }
        }
        for (_, order) in ended.sorted(by: { $0 < $1 }) {
            outcome.reaped += 1
            rememberLost(order)
            if !comeBack(order) { outcome.died += 1 }
        }
        for entry in entries {
            if case .delayed(let due) = entry.place, due <= now { change(entry.order) { $0.place = .ready } }
        }
        let ends = now + configuration.leaseDuration
        for entry in claimable(request, now) {
            let refusal = entry.place == .superseded ? "superseded" : isExpired(entry, now) ? "expired" : "run"
            outcome.tasks.append("\(entry.envelope.id) \(entry.attempts + 1) \(refusal)")
            change(entry.order) {
                $0.attempts += 1
                $0.place = .leased(
                    owner: owner, attempt: $0.attempts, ends: ends,
                    superseded: entry.place == .superseded)
            }
        }
        return outcome
    }

    /// The queue tells its number of a task when it is claimed.
    mutating func learn(_ position: Int64, of id: String) {
        guard let entry = entries.first(where: { $0.envelope.id == id }) else { return }
        change(entry.order) { $0.position = position }
    }

    private mutating func rememberLost(_ order: Int) {
        guard let entry = entries.first(where: { $0.order == order }),
            case .leased(let owner, let attempt, _, _) = entry.place
        else { return }
        lost.insert("\(owner) \(entry.position) \(attempt)")
    }

    private func claimable(_ request: ClaimRequest, _ now: UnixTime) -> [Entry] {
        func isClaimedBefore(_ left: Entry, _ right: Entry) -> Bool {
            (level(left, now), left.order) < (level(right, now), right.order)
        }
        guard !request.isEmpty else { return [] }
        let request = ClaimRequest(
            capacity: request.capacity.filter { !paused.contains($0.key) }, limit: request.limit)
        var claimed: [Entry] = []
        for type in TaskType.allCases where request.capacity[type.domain] != nil {
            let refused = entries.filter { $0.envelope.type == type && $0.place == .superseded }
            claimed += refused.sorted { $0.order < $1.order }.prefix(request.limit - claimed.count)
        }
        var capacity = request.capacity
        let ready = entries.filter { $0.place == .ready }
        for entry in ready.sorted(by: isClaimedBefore) where claimed.count < request.limit {
            guard capacity[entry.envelope.type.domain, default: 0] > 0 else { continue }
            claimed.append(entry)
            if !isExpired(entry, now) { capacity[entry.envelope.type.domain, default: 0] -= 1 }
        }
        return claimed.sorted(by: isClaimedBefore)
    }

    private func level(_ entry: Entry, _ now: UnixTime) -> Priority {
        entry.envelope.priority.aged(by: now - entry.enqueuedAt, step: configuration.aging)
    }

    private func isExpired(_ entry: Entry, _ now: UnixTime) -> Bool {
        entry.envelope.expiresIn.map { entry.enqueuedAt + $0 <= now } ?? false
    }

    mutating func extend(_ id: String, _ attempt: Int, by owner: String, now: UnixTime) -> Bool {
        guard let order = held(id, attempt, by: owner) else { return false }
        let ends = now + configuration.leaseDuration
        change(order) { entry in
            guard case .leased(_, _, _, let superseded) = entry.place else { return }
            entry.place = .leased(
                owner: owner, attempt: attempt, ends: ends, superseded: superseded)
        }
        return true
    }

    mutating func giveBack(_ id: String, _ attempt: Int, by owner: String) {
        guard let order = held(id, attempt, by: owner) else { return }
        change(order) {
            $0.attempts -= 1
            $0.place = $0.wasSuperseded ? .superseded : .ready
        }
    }

    mutating func fail(
        _ id: String, _ attempt: Int, by owner: String, fraction: Double, now: UnixTime
    ) -> FailOutcome {
        guard let order = held(id, attempt, by: owner) else { return .lost }
        if attempt >= configuration.maxAttempts {
            die(order)
            return .dead
        }
        let isSuperseded = entries.contains { $0.order == order && $0.wasSuperseded }
        let due = isSuperseded ? now : now + configuration.retryDelay(attempt: attempt, fraction: fraction)
        change(order) { $0.place = isSuperseded ? .superseded : .delayed(until: due) }
        return .retry(at: due)
    }

    mutating func recover(owner: String, _ remains: WorkerRemains) -> RecoveredLeases {
        var recovered = RecoveredLeases()
        for result in remains.journaled {
            let lease = result.lease
            if let order = held(result.taskID, lease.attempt, by: owner),
                entries.contains(where: { $0.order == order && $0.position == lease.position })
            {
                entries.removeAll { $0.order == order }
                recovered.acknowledged += 1
            } else if lost.contains("\(owner) \(lease.position) \(lease.attempt)") {
                recovered.lost.append(lease)
            }
        }
        let own = entries.filter { if case .leased(owner, _, _, _) = $0.place { true } else { false } }
        for entry in own.sorted(by: { $0.order < $1.order }) {
            let lease = ClaimedTask.Lease(position: entry.position, attempt: entry.attempts)
            if remains.started?.contains(lease) == false {
                change(entry.order) {
                    $0.attempts -= 1
                    $0.place = $0.wasSuperseded ? .superseded : .ready
                }
                recovered.returned += 1
            } else if comeBack(entry.order) {
                recovered.returned += 1
            } else {
                recovered.died += 1
            }
        }
        return recovered
    }

    mutating func retryDead(now: UnixTime) -> Int {
        let letters = dead
        var stay: [TaskEnvelope] = []
        for letter in letters where enqueue(NewTask(letter), now: now) != .queued { stay.append(letter) }
        dead = stay
        return letters.count - stay.count
    }

    mutating func dropDead() -> Int {
        defer { dead = [] }
        return dead.count
    }

    mutating func clear() -> Int {
        let before = entries.count
        entries.removeAll { if case .leased = $0.place { false } else { true } }
        return before - entries.count
    }

    func stats() -> QueueStats {
        let ready = entries.filter { $0.place == .ready }
        return QueueStats(
            waiting: Dictionary(grouping: ready, by: \.envelope.priority).mapValues(\.count),
            leased: entries.count { if case .leased = $0.place { true } else { false } },
            delayed: entries.count { if case .delayed = $0.place { true } else { false } },
            dead: dead.count, limit: configuration.maxSize, oldestWaiting: ready.map(\.enqueuedAt).min(),
            superseded: entries.count { $0.place == .superseded }, paused: paused)
    }

    // MARK: -

    private func held(_ id: String, _ attempt: Int, by owner: String) -> Int? {
        entries.first { entry in
            guard entry.envelope.id == id, case .leased(owner, attempt, _, _) = entry.place else { return false }
            return true
        }?.order
    }

    private mutating func comeBack(_ order: Int) -> Bool {
        guard let entry = entries.first(where: { $0.order == order }) else { return false }
        if entry.attempts >= configuration.maxAttempts {
            die(order)
            return false
        }
        change(order) { $0.place = $0.wasSuperseded ? .superseded : .ready }
        return true
    }

    private mutating func die(_ order: Int) {
        dead += entries.filter { $0.order == order }.map(\.envelope)
        entries.removeAll { $0.order == order }
        dead.removeFirst(max(0, dead.count - configuration.maxDeadLetters))
    }

    private mutating func change(_ order: Int, _ body: (inout Entry) -> Void) {
        guard let index = entries.firstIndex(where: { $0.order == order }) else { return }
        body(&entries[index])
    }
}

extension QueueModel.Entry {
    var wasSuperseded: Bool {
        if case .leased(_, _, _, let superseded) = place { superseded } else { false }
    }
}
