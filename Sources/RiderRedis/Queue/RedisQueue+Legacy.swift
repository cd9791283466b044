import CoreMetrics
import RiderModel
import RiderQueue
import Synchronization

extension RedisQueue {
    /// Rounds of 256 elements per list that one cycle moves at most: what is moved before the first claim is claimed by its priority,
    /// so all that an old producer can have left should be.
    private static let legacyRounds = 40

    /// Moves what old producers left in their four lists into the queue, oldest first, each by its own priority; what cannot be read
    /// goes to the dead letters with the reason.
    ///
    /// An element is read where it lies and then moved by one script, if it is still the oldest: whoever dies when, it is in the
    /// list or in the queue. When the queue is full the rest stays in the lists.
    ///
    /// - Returns: how many went into the queue.
    @discardableResult
    func adoptLegacyElements() async throws(QueueError) -> Int {
        var adopted = 0
        for list in RedisConfiguration.legacyListNames {
            for _ in 0..<Self.legacyRounds {
                let (moved, queued, isLast) = try await adoptLegacyElements(of: list)
                adopted += queued
                if isLast || moved == 0 { break }
            }
        }
        return adopted
    }

    private func adoptLegacyElements(
        of list: String
    ) async throws(QueueError) -> (moved: Int, queued: Int, isLast: Bool) {
        let attempt = "take tasks of old producers into"
        let peek = RedisCommand(.peek, keys: [redis.root, list])
            .appending(String(Self.batch), String(Self.batchBytes))
        let reply: RedisReply
        do throws(RedisError) {
            reply = try await pool.perform([peek])[0]
        } catch {
            throw queueError(error, attempt)
        }
        if case .error(let text) = reply {
            // A key of that name that is no list is somebody else's.
            if text.contains("WRONGTYPE") { return (0, 0, true) }
            throw queueError(RedisError(.refused, text), attempt)
        }
        let elements = reply.array.compactMap(\.bytes)
        guard !elements.isEmpty else { return (0, 0, true) }

        var adopt = RedisCommand(.adopt, keys: [redis.root, list])
        adopt.append(configuration.maxSize)
        adopt.append(configuration.maxDeadLetters)
        for element in elements {
            do throws(EnvelopeError) {
                let envelope = try TaskEnvelope(parsing: element)
                if element.count > configuration.maxTaskBytes {
                    throw .tooLarge(bytes: element.count, limit: configuration.maxTaskBytes)
                }
                adopt.append("")
                adopt.append(header: envelope)
            } catch {
                for argument in ["\(list): \(error)", "", "", "", "0"] { adopt.append(argument) }
            }
            adopt.append(element)
        }
        let counts = try await perform(adopt, attempt)
        metrics.enqueued.increment(by: counts.count(0))
        record(died: counts.count(1), dropped: counts.count(2))
        return (counts.count(0) + counts.count(1), counts.count(0), elements.count < Self.batch)
    }
}
