import CoreMetrics
import RiderModel
import RiderQueue

extension RedisQueue {
    /// Puts tasks in, in order. Calls of more than 256 tasks or 8 MiB are several scripts in one transaction: nobody else is served
    /// meanwhile, so producers should not send many thousands at once.
    ///
    /// - Throws: ``RiderQueue/QueueError``. When the answer was lost the tasks may be in; the same call again finds them as duplicates.
    public func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome] {
        if tasks.count == 1, tasks[0].newestWins == nil { return [try await enqueue(tasks[0].envelope)] }
        var outcomes = [EnqueueOutcome](
            repeating: .tooLarge(limit: configuration.maxTaskBytes), count: tasks.count)
        let indices = tasks.indices.filter { tasks[$0].envelope.bytes.count <= configuration.maxTaskBytes }
        guard !indices.isEmpty else { return outcomes }

        let commands = pushCommands(indices.map { tasks[$0] })
        let replies: [RedisReply]
        if commands.count == 1 {
            replies = try await perform(commands, "put tasks into")
        } else {
            let transaction = [RedisCommand("MULTI")] + commands + [RedisCommand("EXEC")]
            let answer = try await perform(transaction, "put tasks into").last ?? .null
            if let error = answer.error { throw queueError(RedisError(.refused, error), "put tasks into") }
            replies = answer.array
        }

        var letters: [UInt8] = []
        var superseded = 0
        for reply in replies {
            letters += reply.array.first?.bytes ?? []
            superseded += reply.count(1)
        }
        guard letters.count == indices.count else {
            throw unexpectedAnswer()
        }
        var queued = 0
        var full = 0
        for (index, letter) in zip(indices, letters) {
            outcomes[index] = outcome(letter)
            switch outcomes[index] {
            case .queued: queued += 1
            case .full: full += 1
            case .duplicate, .tooLarge: break
            }
        }
        metrics.enqueued.increment(by: queued)
        metrics.full.increment(by: full)
        metrics.superseded.increment(by: superseded)
        return outcomes
    }

    /// Puts one task in, by the shortest way: whoever enqueues one by one waits for each.
    private func enqueue(_ envelope: TaskEnvelope) async throws(QueueError) -> EnqueueOutcome {
        guard envelope.bytes.count <= configuration.maxTaskBytes else {
            return .tooLarge(limit: configuration.maxTaskBytes)
        }
        var push = command(.pushOne)
        push.reserve(bytes: envelope.bytes.count + 100, arguments: 6)
        push.append(configuration.maxSize)
        push.append(header: envelope)
        push.append(envelope.bytes)
        let reply = try await perform(push, "put a task into")
        guard let letter = reply.bytes?.first else { throw unexpectedAnswer() }
        let outcome = outcome(letter)
        switch outcome {
        case .queued: metrics.enqueued.increment()
        case .full: metrics.full.increment()
        case .duplicate, .tooLarge: break
        }
        return outcome
    }

    private func outcome(_ letter: UInt8) -> EnqueueOutcome {
        switch letter {
        case UInt8(ascii: "q"): .queued
        case UInt8(ascii: "d"): .duplicate
        default: .full(limit: configuration.maxSize)
        }
    }

    private func unexpectedAnswer() -> QueueError {
        queueError(RedisError(.incompatible, "the script answered something else"), "put tasks into")
    }

    /// Runs work on the thread of a connection: what it awaits of this queue, one call after the other, then needs no change of
    /// thread. For programs that have little else to do; whoever uses the queue beside it gets another connection.
    public func withConnectionThread<Success>(
        _ work: () async throws -> Success
    ) async rethrows -> Success {
        try await withTaskExecutorPreference(await pool.thread(), operation: work)
    }

    private func pushCommands(_ tasks: [NewTask]) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        var start = 0
        while start < tasks.count {
            var end = start
            var bytes = 0
            while end < tasks.count, end - start < Self.batch, end == start || bytes < Self.batchBytes {
                bytes += tasks[end].envelope.bytes.count
                end += 1
            }
            var push = command(.push)
            push.reserve(bytes: bytes + (end - start) * 64, arguments: (end - start) * 6 + 1)
            push.append(configuration.maxSize)
            for task in tasks[start..<end] {
                push.append(header: task.envelope)
                push.append(task.newestWins.map { max(1, $0) } ?? 0)
                push.append(task.envelope.bytes)
            }
            commands.append(push)
            start = end
        }
        return commands
    }
}

extension RedisCommand {
    /// `task_id`, type, level, and milliseconds until it expires (0: never).
    mutating func append(header envelope: TaskEnvelope) {
        append(envelope.id)
        append(envelope.type.rawValue)
        append(envelope.priority.rawValue)
        append(envelope.expiresIn?.wholeMilliseconds ?? 0)
    }
}
