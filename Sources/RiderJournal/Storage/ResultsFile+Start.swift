import GRDB
import RiderModel

extension ResultsFile {
    /// What a file tells when it is opened, and the truth about an earlier run put right.
    struct Start {
        let publisherID: String
        let lastSeq: Int64
        let topicNumbers: [Int64]
        let lastRecordedAt: UnixTime
        let removedUpTo: Int64
        let settledUpTo: Int64
        let recovery: JournalRecovery
        let unacknowledged: [UnacknowledgedResult]

        init(_ database: Database, at now: UnixTime) throws {
            if let known = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'publisher_id'") {
                publisherID = known
            } else {
                publisherID = Self.newPublisherID()
                try ResultsFile.setMeta(database, "publisher_id", publisherID)
            }
            removedUpTo =
                try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'removed_up_to'") ?? 0
            let last =
                try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'result'") ?? 0
            lastSeq = last
            lastRecordedAt = UnixTime(
                milliseconds: try Int64.fetchOne(
                    database, sql: "SELECT recorded_at FROM result ORDER BY seq DESC LIMIT 1") ?? 0)
            var numbers = [Int64](repeating: 0, count: 1 + (TelemetryTopic.allCases.map(\.rawValue).max() ?? 0))
            for row in try Row.fetchAll(database, sql: "SELECT topic, last FROM topic_number") {
                let topic: Int = row[0]
                if numbers.indices.contains(topic) { numbers[topic] = row[1] }
            }
            topicNumbers = numbers

            var recovery = JournalRecovery()
            let cleanEnd = try Int.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'clean_end'")
            recovery.endedUncleanly = cleanEnd == 0
            settledUpTo =
                try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'settled_up_to'") ?? 0
            recovery.uncertainRows = try Self.settle(
                database, settledUpTo: settledUpTo, lastSeq: last, crashed: recovery.endedUncleanly)
            try ReplayTable.stopAbandoned(at: now, in: database)
            try ResultsFile.setMeta(database, "clean_end", 0)
            self.recovery = recovery
            unacknowledged = try Self.unacknowledged(database)
        }

        /// Rows handed to a socket that is gone are uncertain, unless they are settled. After a crash so is everything behind the
        /// last outcome that was written: outcomes are written late, and these rows may have been sent meanwhile.
        ///
        /// Some of them were certainly not sent: those of an outage that lasted until the crash, and those that had only just
        /// been committed. To tell them apart, a mark would have to be on the disk before a row may go into the socket: a
        /// write between commit and send for every batch, or a link that may not be used until the disk has answered. It
        /// would change a word and nothing else: `journaled` and `uncertain` rows are owed alike, caught up and replayed alike.
        ///
        /// - Returns: how many rows became uncertain.
        private static func settle(
            _ database: Database, settledUpTo: Int64, lastSeq: Int64, crashed: Bool
        ) throws -> Int64 {
            let unconfirmed = try Row.fetchAll(
                database, sql: "SELECT max(first, ?1 + 1), last FROM delivery WHERE state = ?2 AND last > ?1",
                arguments: [settledUpTo, DeliveryState.handedOff.rawValue])
            var runs = unconfirmed.map { DeliveryRange(first: $0[0], last: $0[1], state: .uncertain) }
            if crashed {
                let lastOutcome =
                    try Int64.fetchOne(
                        database, sql: "SELECT max(last) FROM delivery WHERE first = (SELECT max(first) FROM delivery)")
                    ?? 0
                let firstRow = try Int64.fetchOne(database, sql: "SELECT min(seq) FROM result") ?? (lastSeq + 1)
                let first = max(lastOutcome + 1, firstRow)
                if first <= lastSeq { runs.append(DeliveryRange(first: first, last: lastSeq, state: .uncertain)) }
            }
            for run in runs { try DeliveryTable.firstOutcomes.record(run, in: database) }
            return runs.reduce(0) { $0 + $1.count }
        }

        /// Few: a worker goes on only after the queue has answered.
        private static func unacknowledged(_ database: Database) throws -> [UnacknowledgedResult] {
            let last = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'acknowledged_up_to'") ?? 0
            return try Row.fetchAll(
                database,
                sql: "SELECT seq, task_id, position, attempt FROM result WHERE seq > ? AND position > 0 ORDER BY seq",
                arguments: [last]
            ).map { UnacknowledgedResult(seq: $0[0], taskID: $0[1], position: $0[2], attempt: $0[3]) }
        }

        private static func newPublisherID() -> String {
            var generator = SystemRandomNumberGenerator()
            return (0..<2).map { _ in
                let digits = String(UInt64.random(in: 0...UInt64.max, using: &generator), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
        }
    }
}
