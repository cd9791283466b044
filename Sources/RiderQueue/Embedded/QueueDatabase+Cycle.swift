import RiderModel

extension QueueDatabase {
    struct Cycled {
        var outcome = CycleOutcome()
        var expired = 0
        /// Dead letters that older ones made room for.
        var droppedDeadLetters = 0
        /// Nobody held a lease before, so that waiting processes know of no moment at which one ends.
        var isFirstLease = false
        /// The lease that ended is of a worker with this name.
        var lostOwners: Set<String> = []
    }

    /// Tasks that one step brings back because their time has come; more of them wait for the next step, so that a step
    /// stays short.
    private static let stepLimit = 1_000
    /// A worker holds far fewer leases at a time, and asks about those of its last seconds only.
    private static let lostLeasesKept = 10_000
    /// How long a worker may be away and still learn what it lost.
    private static let lostLeaseMemory = Duration.seconds(30 * 86_400)

    /// Acknowledges, lets time pass, claims: one transaction.
    func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest, now: UnixTime
    ) throws -> Cycled {
        try write { tally in
            var cycled = Cycled()
            for lease in finished {
                if try release(lease, &tally) != nil {
                    try statements.deleteTask.run(lease.position)
                } else {
                    cycled.outcome.lost.append(lease)
                }
            }
            try reap(now, &cycled, &tally)
            try promote(now, &tally)
            if !request.isEmpty {
                try claim(request.excluding(try pausedDomains()), now, &cycled, &tally)
                let before = try totals().leased
                cycled.isFirstLease = before == 0 && tally.leased > 0
            }
            cycled.droppedDeadLetters = try trimDeadLetters(&tally)
            return cycled
        }
    }

    // MARK: - Time

    private func reap(_ now: UnixTime, _ cycled: inout Cycled, _ tally: inout Tally) throws {
        var ended: [HeldLease] = []
        try statements.endedLeases.rows(now.milliseconds, Self.stepLimit) { ended.append(HeldLease($0)) }
        for held in ended {
            try statements.deleteLease.run(held.position)
            tally.leased -= 1
            let came = try comeBack(
                held, now: now, "its lease ended without a result: worker \(held.owner) died or hung", &tally)
            cycled.outcome.reaped += 1
            cycled.outcome.died += came ? 0 : 1
            cycled.lostOwners.insert(held.owner)
            try statements.insertLostLease.run(held.owner, held.position, held.attempt, now.milliseconds)
        }
        for owner in cycled.lostOwners {
            let oldest = now - Self.lostLeaseMemory
            try statements.trimLostLeases.run(oldest.milliseconds, owner, Self.lostLeasesKept - 1)
        }
    }

    private func promote(_ now: UnixTime, _ tally: inout Tally) throws {
        var due: [(position: Int64, attempts: Int)] = []
        try statements.dueTasks.rows(now.milliseconds, Self.stepLimit) { row in
            due.append((row.integer(0), Int(row.integer(1))))
        }
        for (position, attempts) in due {
            try statements.deleteDelayed.run(position)
            tally.delayed -= 1
            try makeReady(position, attempts: attempts, &tally)
        }
    }

    // MARK: - Claims

    private func claim(
        _ request: ClaimRequest, _ now: UnixTime, _ cycled: inout Cycled, _ tally: inout Tally
    ) throws {
        let end = now + configuration.leaseDuration
        try claimSuperseded(request, now, end, &cycled, &tally)
        let hasSuperseded = !cycled.outcome.tasks.isEmpty
        try claimReady(request, now, end, &cycled, &tally)
        if hasSuperseded { cycled.outcome.tasks.sortForStart(aging: configuration.aging) }
    }

    /// Frames that a newer one replaced, of every domain that the request names, free places or not.
    private func claimSuperseded(
        _ request: ClaimRequest, _ now: UnixTime, _ end: UnixTime, _ cycled: inout Cycled, _ tally: inout Tally
    ) throws {
        for type in TaskType.allCases where request.capacity[type.domain] != nil {
            var taken: [(position: Int64, attempts: Int)] = []
            var unreadable: [(position: Int64, error: EnvelopeError)] = []
            try statements.supersededOfType.rows(type.rawValue, request.limit - cycled.outcome.tasks.count) { row in
                let (position, attempts) = (row.integer(0), Int(row.integer(1)))
                let bytes = row.bytes(4)
                taken.append((position, attempts))
                do throws(EnvelopeError) {
                    cycled.outcome.tasks.append(
                        ClaimedTask(
                            envelope: try TaskEnvelope(parsing: bytes), position: position, attempts: attempts,
                            enqueuedAt: row.integer(2), deadline: row.optionalInteger(3), now: now,
                            refusal: .superseded))
                } catch {
                    unreadable.append((position, error))
                }
            }
            for (position, attempts) in taken {
                try statements.deleteSuperseded.run(type.rawValue, position)
                try statements.insertLease.run(position, attempts + 1, owner, end.milliseconds, true)
            }
            tally.superseded -= taken.count
            tally.leased += taken.count
            try buryUnreadable(unreadable, now, &cycled, &tally)
        }
    }

    /// Merges the streams of the types there is room for, most urgent and oldest first.
    private func claimReady(
        _ request: ClaimRequest, _ now: UnixTime, _ end: UnixTime, _ cycled: inout Cycled, _ tally: inout Tally
    ) throws {
        var merge = try ReadyMerge(statements, capacity: request.capacity, aging: configuration.aging, now: now)
        defer { merge.end() }
        var unreadable: [(position: Int64, error: EnvelopeError)] = []
        while cycled.outcome.tasks.count < request.limit, let head = merge.head {
            tally.add(-1, waitingAt: .init(type: head.type.rawValue, priority: head.priority))
            do throws(EnvelopeError) {
                let task = try merge.task()
                cycled.outcome.tasks.append(task)
                if task.refusal == nil { merge.takePlace() } else { cycled.expired += 1 }
            } catch {
                unreadable.append((head.position, error))
            }
            tally.leased += 1
            try merge.advance()
        }
        // The rows are changed only when nobody reads them any more, and as ranges: what a stream gave is its beginning.
        merge.end()
        for (stream, last) in merge.taken {
            let type = stream.type.rawValue
            let isLevel = stream.level != nil
            let lease = isLevel ? statements.leaseLevelThrough : statements.leaseReadyThrough
            let delete = isLevel ? statements.deleteLevelThrough : statements.deleteReadyThrough
            try lease.run(owner, end.milliseconds, type, last.priority, last.position)
            try delete.run(type, last.priority, last.position)
        }
        try buryUnreadable(unreadable, now, &cycled, &tally)
    }

    /// Bytes that were a task when they were put in and are none now: the file was changed by hand or is damaged.
    private func buryUnreadable(
        _ tasks: [(position: Int64, error: EnvelopeError)], _ now: UnixTime, _ cycled: inout Cycled,
        _ tally: inout Tally
    ) throws {
        for (position, error) in tasks {
            try statements.deleteLease.run(position)
            tally.leased -= 1
            try die(position, now: now, "unreadable: \(error)", &tally)
            cycled.outcome.died += 1
        }
    }
}

extension ClaimedTask {
    init(
        envelope: TaskEnvelope, position: Int64, attempts: Int, enqueuedAt: Int64, deadline: Int64?, now: UnixTime,
        refusal: Refusal?
    ) {
        let enqueuedAt = UnixTime(milliseconds: enqueuedAt)
        self.init(
            envelope: envelope, lease: Lease(position: position, attempt: attempts + 1), enqueuedAt: enqueuedAt,
            // The wall clock may have been set back.
            waited: max(.zero, now - enqueuedAt), refusal: refusal,
            deadline: deadline.map(UnixTime.init(milliseconds:)))
    }
}
