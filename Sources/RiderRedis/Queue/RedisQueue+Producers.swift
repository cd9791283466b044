import CoreMetrics
import RiderModel
import RiderQueue

extension RedisQueue {
    /// Puts tasks in, in order. Calls of more than 256 tasks or 8 MiB are several scripts in one transaction: nobody else is served
    /// meanwhile, so producers should not send many thousands at once.
    ///
    /// - Throws: ``RiderQueue/QueueError``. When the answer was lost the tasks may be in; the same call again finds them as duplicates.
    public func enqueue(_ tasks: [NewTask]) async throws(QueueError) -> [EnqueueOutcome] {
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
            throw queueError(RedisError(.incompatible, "the script answered something else"), "put tasks into")
        }
        var queued = 0
        var full = 0
        for (index, letter) in zip(indices, letters) {
            switch letter {
            case UInt8(ascii: "q"):
                outcomes[index] = .queued
                queued += 1
            case UInt8(ascii: "d"): outcomes[index] = .duplicate
            default:
                outcomes[index] = .full(limit: configuration.maxSize)
                full += 1
            }
        }
        metrics.enqueued.increment(by: queued)
        metrics.full.increment(by: full)
        metrics.superseded.increment(by: superseded)
        return outcomes
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
