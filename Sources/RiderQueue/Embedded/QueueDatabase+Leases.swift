import RiderModel

extension QueueDatabase {
    /// - Returns: the leases that are not held.
    func extend(_ leases: [ClaimedTask.Lease], now: UnixTime) throws -> [ClaimedTask.Lease] {
        let end = now + configuration.leaseDuration
        return try write { _ in
            try leases.filter { lease in
                try statements.extendLease.run(end.milliseconds, lease.position, lease.attempt, owner) == 0
            }
        }
    }

    func giveBack(_ leases: [ClaimedTask.Lease]) throws {
        try write { tally in
            for lease in leases {
                guard let held = try release(lease, &tally) else { continue }
                try makeClaimable(held, attempts: lease.attempt - 1, &tally)
            }
        }
    }

    func fail(
        _ lease: ClaimedTask.Lease, reason: String, retryAt due: UnixTime, now: UnixTime
    ) throws -> (outcome: FailOutcome, droppedDeadLetters: Int) {
        try write { tally in
            guard let held = try release(lease, &tally) else { return (.lost, 0) }
            if lease.attempt >= configuration.maxAttempts {
                try die(lease.position, now: now, reason, &tally)
                return (.dead, try trimDeadLetters(&tally))
            }
            if held.isSuperseded {
                // It only has to be answered: nothing gets better by waiting.
                try makeClaimable(held, attempts: lease.attempt, &tally)
                return (.retry(at: now), 0)
            }
            try statements.insertDelayed.run(lease.position, lease.attempt, due.milliseconds)
            tally.delayed += 1
            return (.retry(at: due), 0)
        }
    }

    func recoverOwnLeases(
        _ remains: WorkerRemains, now: UnixTime
    ) throws -> (leases: RecoveredLeases, droppedDeadLetters: Int) {
        try write { tally in
            var recovered = RecoveredLeases()
            for result in remains.journaled {
                let lease = result.lease
                // The queue's file may have been made anew since: its numbers begin again, but the id tells.
                let isSame = try statements.taskID.first(lease.position) { $0.text(0) } == result.taskID
                if isSame, try release(lease, &tally) != nil {
                    try statements.deleteTask.run(lease.position)
                    recovered.acknowledged += 1
                } else if try statements.isLostLease.hasRow(owner, lease.position, lease.attempt) {
                    recovered.lost.append(lease)
                }
            }
            var leases: [HeldLease] = []
            try statements.leasesOfOwner.rows(owner) { leases.append(HeldLease($0)) }
            for held in leases {
                try statements.deleteLease.run(held.position)
                tally.leased -= 1
                let lease = ClaimedTask.Lease(position: held.position, attempt: held.attempt)
                if remains.started?.contains(lease) == false {
                    try makeClaimable(held, attempts: held.attempt - 1, &tally)
                    recovered.returned += 1
                } else if try comeBack(held, now: now, "worker \(owner) ended without a result", &tally) {
                    recovered.returned += 1
                } else {
                    recovered.died += 1
                }
            }
            return (recovered, try trimDeadLetters(&tally))
        }
    }

    // MARK: - Parts of steps

    /// Ends a lease if this worker holds it.
    func release(_ lease: ClaimedTask.Lease, _ tally: inout Tally) throws -> HeldLease? {
        let isSuperseded = try statements.releaseLease.first(lease.position, lease.attempt, owner) {
            $0.integer(0) != 0
        }
        guard let isSuperseded else { return nil }
        tally.leased -= 1
        return HeldLease(lease, owner: owner, isSuperseded: isSuperseded)
    }

    /// A task whose claim gave no result waits again, or dies when its attempts are used up.
    ///
    /// - Returns: false when it died.
    func comeBack(_ held: HeldLease, now: UnixTime, _ reason: String, _ tally: inout Tally) throws -> Bool {
        guard held.attempt < configuration.maxAttempts else {
            let count = "attempt \(held.attempt) of \(configuration.maxAttempts)"
            try die(held.position, now: now, "\(reason) (\(count))", &tally)
            return false
        }
        try makeClaimable(held, attempts: held.attempt, &tally)
        return true
    }

    /// Puts a task back to where it was claimed from.
    private func makeClaimable(_ held: HeldLease, attempts: Int, _ tally: inout Tally) throws {
        guard held.isSuperseded else { return try makeReady(held.position, attempts: attempts, &tally) }
        guard let level = try level(of: held.position) else { return }
        try statements.insertSuperseded.run(level.type, held.position, attempts)
        tally.superseded += 1
    }

    /// Puts a task to the head of its level: it keeps its position.
    func makeReady(_ position: Int64, attempts: Int, _ tally: inout Tally) throws {
        guard let level = try level(of: position) else { return }
        try statements.insertReady.run(level.type, level.priority, position, attempts)
        tally.add(1, waitingAt: level)
    }

    private func level(of position: Int64) throws -> Tally.Level? {
        try statements.taskPlace.first(position) { .init(type: $0.text(0), priority: Int($0.integer(1))) }
    }

    /// Makes a task that is nowhere any more a dead letter.
    func die(_ position: Int64, now: UnixTime, _ reason: String, _ tally: inout Tally) throws {
        tally.dead += try statements.buryTask.run(now.milliseconds, Self.shortened(reason), position)
        try statements.deleteTask.run(position)
    }

    /// A reason may be the whole answer of an engine.
    static func shortened(_ reason: String) -> String {
        String(reason.prefix(2_000))
    }
}
