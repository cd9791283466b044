import RiderModel

extension QueueDatabase {
    struct Enqueued {
        var outcomes: [EnqueueOutcome] = []
        var superseded = 0
    }

    func enqueue(_ tasks: [NewTask], now: UnixTime) throws -> Enqueued {
        try write(durable: tasks.contains(where: \.durable)) { tally in
            let totals = try totals()
            var result = Enqueued()
            result.outcomes.reserveCapacity(tasks.count)
            var size = totals.size
            for task in tasks {
                var excess = 0
                if let newest = task.newestWins {
                    let waiting = try waiting(of: task.envelope.type, tally)
                    excess = max(0, waiting - max(1, newest) + 1)
                }
                // A newest frame may take the place of the one it replaces, which stays until it is answered: those are
                // bounded too, or a queue that nobody works on would grow for ever.
                let hasRoom =
                    size < configuration.maxSize
                    || (excess > 0 && totals.superseded + tally.superseded < configuration.maxSize)
                let outcome = try insert(task.envelope, now: now, hasRoom: hasRoom, &tally)
                result.outcomes.append(outcome)
                guard outcome == .queued else { continue }
                size += 1
                if excess > 0 {
                    try supersede(excess, of: task.envelope.type, &tally)
                    result.superseded += excess
                }
            }
            return result
        }
    }

    /// Puts one task at the end of its level.
    func insert(
        _ envelope: TaskEnvelope, now: UnixTime, hasRoom: Bool, _ tally: inout Tally
    ) throws -> EnqueueOutcome {
        guard envelope.bytes.count <= configuration.maxTaskBytes else {
            return .tooLarge(limit: configuration.maxTaskBytes)
        }
        guard hasRoom else {
            return try statements.findTask.hasRow(envelope.id) ? .duplicate : .full(limit: configuration.maxSize)
        }
        let type = envelope.type.rawValue
        let priority = envelope.priority.rawValue
        let deadline = envelope.expiresIn.map { (now + $0).milliseconds }
        let inserted = try statements.insertTask.run(
            envelope.id, type, priority, now.milliseconds, deadline, blob: envelope.bytes)
        guard inserted == 1 else { return .duplicate }
        try statements.insertReady.run(type, priority, statements.insertTask.lastPosition, 0)
        tally.add(1, waitingAt: .init(type: type, priority: priority))
        return .queued
    }

    private func waiting(of type: TaskType, _ tally: Tally) throws -> Int {
        let committed = try statements.waitingOfType.first(type.rawValue) { Int($0.integer(0)) } ?? 0
        return committed + tally.waiting(of: type)
    }

    /// Takes the oldest waiting tasks of a type out of their levels.
    private func supersede(_ count: Int, of type: TaskType, _ tally: inout Tally) throws {
        var oldest: [(priority: Int, position: Int64, attempts: Int)] = []
        try statements.oldestReady.rows(type.rawValue, count) { row in
            oldest.append((Int(row.integer(0)), row.integer(1), Int(row.integer(2))))
        }
        for (priority, position, attempts) in oldest {
            try statements.deleteReady.run(type.rawValue, priority, position)
            try statements.insertSuperseded.run(type.rawValue, position, attempts)
            tally.add(-1, waitingAt: .init(type: type.rawValue, priority: priority))
        }
        tally.superseded += oldest.count
    }
}
