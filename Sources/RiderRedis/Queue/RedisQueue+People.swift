import CoreMetrics
import RiderModel
import RiderQueue

extension RedisQueue {
    public func stats() async throws(QueueError) -> QueueStats {
        let parts = try await perform(command(.stats), "look into").array
        guard parts.count == 3 else {
            throw queueError(RedisError(.incompatible, "the script answered something else"), "look into")
        }
        let counts = parts[0]
        var waiting: [Priority: Int] = [:]
        for index in stride(from: 0, to: parts[1].array.count - 1, by: 2) {
            guard let priority = Priority(rawValue: parts[1].count(index)) else { continue }
            waiting[priority, default: 0] += parts[1].count(index + 1)
        }
        let oldest = counts.count(4)
        return QueueStats(
            waiting: waiting, leased: counts.count(0), delayed: counts.count(1), dead: counts.count(2),
            limit: configuration.maxSize, oldestWaiting: oldest > 0 ? UnixTime(milliseconds: Int64(oldest)) : nil,
            superseded: counts.count(3),
            paused: Set(parts[2].array.compactMap { $0.string.flatMap(Domain.init(rawValue:)) }))
    }

    public func list(limit: Int) async throws(QueueError) -> [QueuedTask] {
        guard limit > 0 else { return [] }
        var command = command(.list)
        command.append(limit)
        let parts = try await perform(command, "list").array.map { $0.array.compactMap(\.string) }
        guard parts.count == 4 else {
            throw queueError(RedisError(.incompatible, "the script answered something else"), "list")
        }
        var tasks =
            parts[0].compactMap { QueuedTask($0, .waiting) } + parts[1].compactMap { QueuedTask($0, .superseded) }
        for index in stride(from: 0, to: parts[2].count - 1, by: 2) {
            let lines = parts[2][index].split(separator: "\n", maxSplits: 2)
            guard lines.count == 3, var task = QueuedTask(String(lines[0]), .leased) else { continue }
            task.owner = String(lines[1])
            task.until = Double(parts[2][index + 1]).map { UnixTime(milliseconds: Int64($0)) }
            tasks.append(task)
        }
        for index in stride(from: 0, to: parts[3].count - 1, by: 2) {
            guard var task = QueuedTask(parts[3][index], .delayed) else { continue }
            task.until = Double(parts[3][index + 1]).map { UnixTime(milliseconds: Int64($0)) }
            tasks.append(task)
        }
        return tasks
    }

    public func clear() async throws(QueueError) -> Int {
        var removed = 0
        var last = ""
        while true {
            let reply = try await perform(command(.clear).appending(last), "clear")
            removed += reply.count(0)
            if reply.count(0) == 0 { return removed }
            last = String(reply.count(1))
        }
    }

    // MARK: - Pauses

    public func pause(_ domains: Set<Domain>) async throws(QueueError) {
        try await change("pause", domains)
    }

    public func resume(_ domains: Set<Domain>) async throws(QueueError) {
        try await change("resume", domains)
    }

    private func change(_ action: String, _ domains: Set<Domain>) async throws(QueueError) {
        guard !domains.isEmpty else { return }
        var command = command(.pause)
        command.append(action)
        for domain in domains { command.append(domain.rawValue) }
        try await perform(command, action)
    }

    // MARK: - Dead letters

    public func bury(_ bytes: [UInt8], reason: String) async throws(QueueError) {
        var command = command(.bury)
        command.append(configuration.maxDeadLetters)
        command.append((try? TaskEnvelope(parsing: bytes))?.id ?? "")
        command.append(Self.shortened(reason))
        command.append(bytes)
        let dropped = try await perform(command, "keep a dead letter in").integer ?? 0
        record(died: 1, dropped: Int(dropped))
    }

    public func deadLetters(limit: Int) async throws(QueueError) -> [DeadLetter] {
        guard limit > 0 else { return [] }
        let range = RedisCommand("ZREVRANGE", key("dead"), "0", String(limit - 1))
        return try await deadLetters(try await perform(range, "list the dead letters of").array.compactMap(\.integer))
    }

    /// - Returns: those that are still there.
    private func deadLetters(_ ids: [Int64]) async throws(QueueError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        // Few at a time: each may have some megabytes.
        for piece in ids.pieces(of: 16) {
            var facts = RedisCommand("HMGET", key("dead:facts"))
            var bytes = RedisCommand("HMGET", key("dead:bytes"))
            for id in piece {
                facts.append(id)
                bytes.append(id)
            }
            let replies = try await perform([facts, bytes], "list the dead letters of")
            for (id, (facts, bytes)) in zip(piece, zip(replies[0].array, replies[1].array)) {
                guard let facts = facts.string, let bytes = bytes.bytes else { continue }
                let lines = facts.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
                guard lines.count == 3, let time = Int64(lines[0]) else { continue }
                letters.append(
                    DeadLetter(
                        id: id, diedAt: UnixTime(milliseconds: time), reason: String(lines[2]),
                        taskID: lines[1].isEmpty ? nil : String(lines[1]), bytes: bytes))
            }
        }
        return letters
    }

    public func retryDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int {
        var retried = 0
        for piece in try await deadLetterIDs(ids).pieces(of: 16) {
            for letter in try await deadLetters(Array(piece)) {
                guard let envelope = try? TaskEnvelope(parsing: letter.bytes) else { continue }
                var command = command(.retryDead)
                command.append(configuration.maxSize)
                command.append(letter.id)
                command.append(header: envelope)
                retried += Int(try await perform(command, "retry dead letters of").integer ?? 0)
            }
        }
        return retried
    }

    public func dropDeadLetters(_ ids: [Int64]?) async throws(QueueError) -> Int {
        var dropped = 0
        for piece in try await deadLetterIDs(ids).pieces(of: Self.batch) {
            var command = command(.dropDead)
            for id in piece { command.append(id) }
            dropped += Int(try await perform(command, "drop dead letters of").integer ?? 0)
        }
        return dropped
    }

    /// The oldest first.
    private func deadLetterIDs(_ ids: [Int64]?) async throws(QueueError) -> [Int64] {
        if let ids { return ids }
        let range = RedisCommand("ZRANGE", key("dead"), "0", "-1")
        return try await perform(range, "list the dead letters of").array.compactMap(\.integer)
    }
}

extension QueuedTask {
    /// - Returns: nil for a type that only a newer program knows, which is not claimed either.
    fileprivate init?(_ text: String, _ state: State) {
        guard let element = QueueElement(Array(text.utf8)), let type = TaskType(rawValue: element.type) else {
            return nil
        }
        self.init(
            id: element.id, type: type, priority: element.priority, state: state, attempt: element.attempts,
            enqueuedAt: element.enqueuedAt, owner: nil, until: nil, bytes: element.bytes)
    }
}
