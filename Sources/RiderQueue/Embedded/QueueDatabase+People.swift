import RiderModel

extension QueueDatabase {
    func stats() throws -> QueueStats {
        try read {
            let totals = try totals()
            var waiting: [Priority: Int] = [:]
            for (level, count) in totals.waiting {
                if let priority = Priority(rawValue: level) { waiting[priority] = count }
            }
            let oldest = try statements.oldestWaiting.first { $0.optionalInteger(0) }
            return QueueStats(
                waiting: waiting, leased: totals.leased, delayed: totals.delayed, dead: totals.dead,
                limit: configuration.maxSize, oldestWaiting: oldest.flatMap { $0.map(UnixTime.init(milliseconds:)) },
                superseded: totals.superseded, paused: try pausedDomains())
        }
    }

    func list(limit: Int) throws -> [QueuedTask] {
        try read {
            var tasks: [QueuedTask] = []
            for (state, rows) in [
                (QueuedTask.State.waiting, statements.listWaiting), (.superseded, statements.listSuperseded),
                (.leased, statements.listLeased), (.delayed, statements.listDelayed),
            ] {
                try rows.rows(max(0, limit - tasks.count)) { row in
                    // A type that only a newer program knows is not shown here, and not claimed either.
                    guard let type = TaskType(rawValue: row.text(1)),
                        let priority = Priority(rawValue: Int(row.integer(2)))
                    else { return }
                    tasks.append(
                        QueuedTask(
                            id: row.text(0), type: type, priority: priority, state: state,
                            attempt: Int(row.integer(5)), enqueuedAt: UnixTime(milliseconds: row.integer(3)),
                            owner: row.optionalText(6),
                            until: row.optionalInteger(7).map(UnixTime.init(milliseconds:)),
                            bytes: Int(row.integer(4))))
                }
            }
            return tasks
        }
    }

    /// - Returns: how many tasks were removed.
    func clear() throws -> Int {
        try write { _ in
            let totals = try totals()
            for statement in statements.clear { try statement.run() }
            return totals.size - totals.leased
        }
    }

    // MARK: - Pauses

    func pause(_ domains: Set<Domain>) throws {
        try write { _ in
            for domain in domains { try statements.pause.run(domain.rawValue) }
        }
    }

    func resume(_ domains: Set<Domain>) throws {
        try write { _ in
            for domain in domains { try statements.resume.run(domain.rawValue) }
        }
    }

    func pausedDomains() throws -> Set<Domain> {
        var domains: Set<Domain> = []
        try statements.paused.rows { row in
            if let domain = Domain(rawValue: row.text(0)) { domains.insert(domain) }
        }
        return domains
    }

    // MARK: - Waiting

    /// What a waiting worker must know.
    enum Outlook: Equatable {
        case work
        /// Nothing now; maybe at this time.
        case nothing(until: UnixTime?)
    }

    func outlook(for domains: Set<Domain>, now: UnixTime) throws -> Outlook {
        try read {
            let open = domains.subtracting(try pausedDomains())
            for type in TaskType.allCases where open.contains(type.domain) {
                if try statements.anyReady.hasRow(type.rawValue) { return .work }
                if try statements.anySuperseded.hasRow(type.rawValue) { return .work }
            }
            let leaseEnd = try statements.firstLeaseEnd.first { $0.optionalInteger(0) }
            let due = try statements.firstDue.first { $0.optionalInteger(0) }
            guard let next = [leaseEnd, due].compactMap({ $0 ?? nil }).min() else { return .nothing(until: nil) }
            return next <= now.milliseconds ? .work : .nothing(until: UnixTime(milliseconds: next))
        }
    }

    // MARK: - Dead letters

    func bury(_ bytes: [UInt8], reason: String, now: UnixTime) throws -> Int {
        try write { tally in
            let id = (try? TaskEnvelope(parsing: bytes))?.id
            tally.dead += try statements.buryBytes.run(now.milliseconds, Self.shortened(reason), id, blob: bytes)
            return try trimDeadLetters(&tally)
        }
    }

    func deadLetters(limit: Int) throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try statements.listDead.rows(max(0, limit)) { row in
            letters.append(
                DeadLetter(
                    id: row.integer(0), diedAt: UnixTime(milliseconds: row.integer(1)), reason: row.text(2),
                    taskID: row.optionalText(3), bytes: row.bytes(4)))
        }
        return letters
    }

    /// - Returns: how many went back. One that is unreadable, whose id is in the queue again or that finds no room stays.
    func retryDeadLetters(_ ids: [Int64]?, now: UnixTime) throws -> Int {
        try write(durable: true) { tally in
            var size = try totals().size
            var retried = 0
            for id in try ids ?? allDeadLetters() {
                guard let bytes = try statements.findDead.first(id, read: { $0.bytes(0) }),
                    let envelope = try? TaskEnvelope(parsing: bytes)
                else { continue }
                let hasRoom = size < configuration.maxSize
                guard try insert(envelope, now: now, hasRoom: hasRoom, &tally) == .queued else { continue }
                tally.dead -= try statements.deleteDead.run(id)
                size += 1
                retried += 1
            }
            return retried
        }
    }

    func dropDeadLetters(_ ids: [Int64]?) throws -> Int {
        try write { tally in
            var dropped = 0
            for id in try ids ?? allDeadLetters() { dropped += try statements.deleteDead.run(id) }
            tally.dead -= dropped
            return dropped
        }
    }

    private func allDeadLetters() throws -> [Int64] {
        var ids: [Int64] = []
        try statements.deadIDs.rows { ids.append($0.integer(0)) }
        return ids
    }

    /// Makes room for the dead letters that this transaction added.
    ///
    /// - Returns: how many of the oldest had to go.
    func trimDeadLetters(_ tally: inout Tally) throws -> Int {
        guard tally.dead > 0 else { return 0 }
        let excess = try totals().dead + tally.dead - configuration.maxDeadLetters
        guard excess > 0 else { return 0 }
        let dropped = try statements.trimDead.run(excess)
        tally.dead -= dropped
        return dropped
    }
}
