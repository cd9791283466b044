import GRDB
import RiderModel

extension ResultsFile {
    /// Why rows are removed, as metrics and log lines name it.
    enum RemovalReason: String, CaseIterable {
        case age
        /// Too old, and a listener may have missed them.
        case ageUndelivered = "age_undelivered"
        case quota
        /// No room, and a listener may have missed them.
        case quotaUndelivered = "quota_undelivered"
        /// Bodies on `telemetry.metrics`: the samples are kept elsewhere.
        case metricsAge = "metrics_age"
        case metricsQuota = "metrics_quota"
        /// A person wanted it.
        case pruned
        /// A person wanted it, and a listener may have missed them.
        case prunedUndelivered = "pruned_undelivered"
    }

    struct Removal {
        let rows: Int
        let reason: RemovalReason
    }

    /// Chunks are small, so that a commit never waits long for one.
    static let chunkRows = 1_024
    static let chunkBytes: Int64 = 4 << 20

    /// Pages that hold something; free ones inside the file are used before it grows.
    func usedPages() throws -> Int64 {
        try queue.writeWithoutTransaction { database in
            let pages = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA page_count")) ?? 0
            let free = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
            return pages - free
        }
    }

    /// Pages in the file, free ones included.
    func pageCount() throws -> Int64 {
        try queue.writeWithoutTransaction { database in
            try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA page_count")) ?? 0
        }
    }

    /// Keeps the file from growing beyond this many pages.
    func limitPages(to pages: Int64) throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
    }

    /// Removes a chunk of the oldest rows before a point in time: delivered ones as long as there are any.
    ///
    /// - Returns: nil when no row is that old.
    func removeChunk(olderThan time: UnixTime) throws -> Removal? {
        try transaction { database in
            guard let first = try TimeBisection(database).firstSeq(atOrAfter: time) ?? lastSeqPlusOne(database) else {
                return nil
            }
            return try removeChunk(before: first, reasons: (.age, .ageUndelivered), in: database)
        }
    }

    /// Removes a chunk of the oldest rows to make room: delivered ones as long as there are any.
    ///
    /// - Returns: nil when there is no row at all.
    func removeChunk() throws -> Removal? {
        try transaction { database in
            try removeChunk(before: Int64.max, reasons: (.quota, .quotaUndelivered), in: database)
        }
    }

    /// Removes a chunk of the oldest bodies on `telemetry.metrics`, whatever became of the messages: their rows stay and
    /// tell that they were there, and the samples have a file of their own.
    ///
    /// - Parameter time: only messages recorded before it; nil: to make room, any.
    /// - Returns: nil when there is none.
    func removeMetricsBodies(olderThan time: UnixTime?) throws -> Removal? {
        try transaction { database in
            let key = Self.metricsBodiesRemovedUpTo
            let done = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT value FROM meta WHERE key = ?"), arguments: [key])
            let candidates = try Row.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT seq, recorded_at, length(bytes) FROM result JOIN body USING (seq)
                        WHERE topic = 4 AND seq > ? ORDER BY seq LIMIT ?
                        """), arguments: [done ?? 0, Self.chunkRows])
            var seqs: [Int64] = []
            var bytes: Int64 = 0
            while bytes < Self.chunkBytes, let row = try candidates.next() {
                if let time, row[1] as Int64 >= time.milliseconds { break }
                seqs.append(row[0])
                bytes += row[2]
            }
            guard let last = seqs.last else { return nil }
            let delete = try database.cachedStatement(sql: "DELETE FROM body WHERE seq = ?")
            for seq in seqs { try delete.execute(arguments: [seq]) }
            try Self.setMeta(database, key, last)
            return Removal(rows: seqs.count, reason: time == nil ? .metricsQuota : .metricsAge)
        }
    }

    /// The fact about the file: messages on `telemetry.metrics` up to this row may have no body.
    static let metricsBodiesRemovedUpTo = "metrics_bodies_removed_up_to"

    /// Removes a chunk on a person's wish.
    ///
    /// - Returns: nil when no such row is left.
    func removeChunk(_ request: PruneRequest) throws -> Removal? {
        try transaction { database in
            guard
                let end = try TimeBisection(database).firstSeq(atOrAfter: request.before) ?? lastSeqPlusOne(database)
            else { return nil }
            if let run = try firstRunOwedToNobody(before: end, in: database) {
                let rows = try remove(first: run.lowerBound, last: min(run.upperBound, end - 1), in: database)
                return Removal(rows: rows, reason: .pruned)
            }
            guard request.includesUndelivered else { return nil }
            let rows = try remove(first: 0, last: end - 1, in: database)
            return rows > 0 ? Removal(rows: rows, reason: .prunedUndelivered) : nil
        }
    }

    /// Writes the file anew without the room of removed rows.
    func compact() throws {
        try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM") }
        checkpoint(truncating: true)
    }

    private func lastSeqPlusOne(_ database: Database) throws -> Int64? {
        try Int64.fetchOne(database, sql: "SELECT max(seq) + 1 FROM result")
    }

    private func removeChunk(
        before end: Int64, reasons: (delivered: RemovalReason, owed: RemovalReason), in database: Database
    ) throws -> Removal? {
        if let run = try firstRunOwedToNobody(before: end, in: database) {
            let rows = try remove(first: run.lowerBound, last: min(run.upperBound, end - 1), in: database)
            return Removal(rows: rows, reason: reasons.delivered)
        }
        let rows = try remove(first: 0, last: end - 1, in: database)
        return rows > 0 ? Removal(rows: rows, reason: reasons.owed) : nil
    }

    /// The first rows that no listener misses: delivered at once, by a replay, or superseded by another attempt's row.
    private func firstRunOwedToNobody(before end: Int64, in database: Database) throws -> ClosedRange<Int64>? {
        let states = DeliveryState.allCases.filter { !$0.isOwed }.map { String($0.rawValue) }.joined(separator: ",")
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT first, last FROM (
                        SELECT * FROM (SELECT first, last FROM delivery WHERE state IN (\(states)) ORDER BY first LIMIT 1)
                        UNION ALL SELECT * FROM
                            (SELECT first, last FROM best_attempt WHERE state IN (\(states)) ORDER BY first LIMIT 1)
                        UNION ALL SELECT min(seq), min(seq) FROM superseded)
                    WHERE first < ? ORDER BY first LIMIT 1
                    """), arguments: [end])
        return row.map { $0[0]...$0[1] }
    }

    /// Removes the first rows of a span, at most a chunk.
    private func remove(first: Int64, last: Int64, in database: Database) throws -> Int {
        let candidates = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT seq, length(bytes) FROM body WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?"),
            arguments: [first, last, Self.chunkRows])
        var rows = 0
        var bytes: Int64 = 0
        var lastRemoved = first
        while bytes < Self.chunkBytes, let row = try candidates.next() {
            lastRemoved = row[0]
            bytes += row[1]
            rows += 1
        }
        // A run without rows can only come from outside; forgetting it keeps the next call from finding it again.
        let end = rows == 0 ? last : lastRemoved
        for table in ["body", "result", "superseded", "imported"] {
            try database.cachedStatement(sql: "DELETE FROM \(table) WHERE seq BETWEEN ? AND ?")
                .execute(arguments: [first, end])
        }
        try DeliveryTable.firstOutcomes.remove(first: first, last: end, in: database)
        try ReplayTable.remove(first: first, last: end, in: database)
        try database.cachedStatement(sql: "DELETE FROM clock_step WHERE seq <= (SELECT min(seq) FROM result)")
            .execute()
        try TopicSteps.removeOutlived(in: database)
        if rows > 0, end > removedUpTo {
            removedUpTo = end
            try Self.setMeta(database, "removed_up_to", end)
        }
        return rows
    }
}
