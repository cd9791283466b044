import GRDB
import RiderModel

/// The table of outages, and what is remembered of the worker's life.
enum OutageTable {
    private static let columns = "id, cause, begun_at, noticed_at, ended_at, after_seq, through_seq, rows"

    // MARK: - Reading

    /// The newest outages before one that had not ended before a time, newest first.
    static func outages(
        before id: Outage.ID, since: UnixTime?, limit: Int, in database: Database
    ) throws -> [Outage] {
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT \(columns) FROM outage WHERE id < ? AND coalesce(ended_at, \(Int64.max)) >= ?
                    ORDER BY id DESC LIMIT ?
                    """), arguments: [id, since?.milliseconds ?? Int64.min, limit])
        let newest = try lastSeq(in: database)
        return try rows.map { try outage($0, newest: newest, in: database) }
    }

    static func outage(_ id: Outage.ID, in database: Database) throws -> Outage? {
        let newest = try lastSeq(in: database)
        return try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(columns) FROM outage WHERE id = ?"), arguments: [id]
        ).map { try outage($0, newest: newest, in: database) }
    }

    private static func outage(_ row: Row, newest: Int64, in database: Database) throws -> Outage {
        let after: Int64 = row[5]
        let through = max(after, row[6] as Int64? ?? newest)
        return Outage(
            id: row[0], cause: Outage.Cause(rawValue: row[1]) ?? .linkDown, begunAt: UnixTime(milliseconds: row[2]),
            noticedAt: UnixTime(milliseconds: row[3]),
            endedAt: (row[4] as Int64?).map(UnixTime.init(milliseconds:)), afterSeq: after, throughSeq: through,
            rows: try row[7] as Int64? ?? count(after: after, through: through, in: database))
    }

    private static func lastSeq(in database: Database) throws -> Int64 {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT seq FROM sqlite_sequence WHERE name = 'result'")) ?? 0
    }

    /// Every number has its row, so nothing needs to be scanned; superseded rows are never sent.
    private static func count(after: Int64, through: Int64, in database: Database) throws -> Int64 {
        let superseded =
            try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM superseded WHERE seq > ? AND seq <= ?"),
                arguments: [after, through]) ?? 0
        return through - after - superseded
    }

    /// The last outage that has rows, and those before it between which nothing arrived; without any that has rows the last
    /// one.
    static func lastSpan(in database: Database) throws -> OutageSpan? {
        let newest = try lastSeq(in: database)
        let cursor = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT \(columns) FROM outage ORDER BY id DESC"))
        var span: [Outage] = []
        var empty: Outage?
        /// The last row before the span.
        var after: Int64 = 0
        while let row = try cursor.next() {
            let outage = try outage(row, newest: newest, in: database)
            if !span.isEmpty {
                guard outage.throughSeq >= after, try !hasArrived(after, in: database) else { break }
                span.insert(outage, at: 0)
                after = min(after, outage.afterSeq)
            } else if outage.throughSeq > outage.afterSeq {
                span = [outage]
                after = outage.afterSeq
            } else {
                empty = empty ?? outage
            }
        }
        // One without rows at the edge adds nothing.
        while span.count > 1, let first = span.first, first.throughSeq == first.afterSeq { span.removeFirst() }
        if span.isEmpty, let empty { span = [empty] }
        guard let first = span.first, let last = span.last else { return nil }
        return OutageSpan(
            outages: span, firstSeq: (span.map(\.afterSeq).min() ?? after) + 1,
            lastSeq: span.map(\.throughSeq).max() ?? last.throughSeq,
            begunAt: span.map(\.begunAt).min() ?? first.begunAt, endedAt: last.endedAt)
    }

    private static func hasArrived(_ seq: Int64, in database: Database) throws -> Bool {
        try [DeliveryTable.firstOutcomes, .bestAttempts].contains { table in
            try table.ranges(touching: seq, seq, in: database).contains {
                [.handedOff, .brokerConfirmed, .robotAcknowledged].contains($0.state)
            }
        }
    }

    // MARK: - Writing

    /// - Parameter kept: beyond it the oldest ended ones are forgotten.
    static func begin(
        _ beginning: OutageStateMachine.Beginning, keeping kept: Int, in database: Database
    ) throws -> Outage.ID {
        try database.execute(
            sql: "INSERT INTO outage (cause, begun_at, noticed_at, after_seq) VALUES (?, ?, ?, ?)",
            arguments: [
                beginning.cause.rawValue, beginning.begunAt.milliseconds, beginning.noticedAt.milliseconds,
                beginning.afterSeq,
            ])
        let id = database.lastInsertedRowID
        try database.execute(
            sql: """
                DELETE FROM outage WHERE ended_at IS NOT NULL
                    AND id <= (SELECT id FROM outage ORDER BY id DESC LIMIT 1 OFFSET ?)
                """, arguments: [max(1, kept)])
        return id
    }

    static func rename(_ id: Outage.ID, _ cause: Outage.Cause, in database: Database) throws {
        try database.execute(sql: "UPDATE outage SET cause = ? WHERE id = ?", arguments: [cause.rawValue, id])
    }

    static func end(_ id: Outage.ID, at time: UnixTime, through seq: Int64, in database: Database) throws -> Outage {
        guard let open = try outage(id, in: database) else {
            throw JournalError(.notFound, "there is no outage \(id)")
        }
        let through = max(seq, open.afterSeq)
        let rows = try count(after: open.afterSeq, through: through, in: database)
        try database.execute(
            sql: "UPDATE outage SET ended_at = ?, through_seq = ?, rows = ? WHERE id = ?",
            arguments: [max(time, open.begunAt).milliseconds, through, rows, id])
        guard let ended = try outage(id, in: database) else {
            throw JournalError(.notFound, "there is no outage \(id)")
        }
        return ended
    }

    /// Forgets outages that ended before a time.
    static func remove(endedBefore time: UnixTime, in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM outage WHERE ended_at < ?")
            .execute(arguments: [time.milliseconds])
    }

    // MARK: - The worker's life

    /// A worker lives at this time.
    static func noteLife(at time: UnixTime, in database: Database) throws {
        try ResultsFile.setMeta(database, "worker_alive_at", time.milliseconds)
        try ResultsFile.setMeta(database, "worker_ended", 0)
    }

    /// The worker ends in good order.
    static func noteEnd(at time: UnixTime, in database: Database) throws {
        try ResultsFile.setMeta(database, "worker_alive_at", time.milliseconds)
        try ResultsFile.setMeta(database, "worker_ended", 1)
    }

    /// Puts down what happened while no worker ran: ends the outages of the last one, and makes one of its absence when it
    /// was killed, or left rows behind. To be called when a worker starts.
    ///
    /// - Returns: that outage; nil when there was none.
    static func recordAbsence(until now: UnixTime, keeping kept: Int, in database: Database) throws -> Outage? {
        let lastSeq = try lastSeq(in: database)
        let known = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'worker_alive_at'")
        let hasEnded = try Int.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'worker_ended'") == 1
        try noteLife(at: now, in: database)
        guard let noted = known else { return nil }
        let lastRow =
            try Int64.fetchOne(database, sql: "SELECT recorded_at FROM result ORDER BY seq DESC LIMIT 1") ?? 0
        // A killed worker may have lived on after its last note: its rows tell.
        let aliveAt = UnixTime(milliseconds: min(hasEnded ? noted : max(noted, lastRow), now.milliseconds))
        for id in try Int64.fetchAll(database, sql: "SELECT id FROM outage WHERE ended_at IS NULL") {
            _ = try end(id, at: aliveAt, through: lastSeq, in: database)
        }
        let settled = try Int64.fetchOne(database, sql: "SELECT max(through_seq) FROM outage") ?? 0
        let after = try lastKnown(before: lastSeq, downTo: min(settled, lastSeq), in: database)
        if hasEnded, after == lastSeq { return nil }
        let id = try begin(
            .init(cause: .processDown, begunAt: aliveAt, noticedAt: now, afterSeq: after), keeping: kept, in: database)
        return try end(id, at: now, through: lastSeq, in: database)
    }

    /// The last row of which it is known what came of it; behind it are only rows that were not sent, or are uncertain.
    private static func lastKnown(before last: Int64, downTo end: Int64, in database: Database) throws -> Int64 {
        let runs = try Row.fetchCursor(
            database, sql: "SELECT first, last, state FROM delivery WHERE first <= ? ORDER BY first DESC",
            arguments: [last])
        while let row = try runs.next() {
            let run = DeliveryTable.range(row)
            if run.last <= end { return end }
            if run.state != .uncertain { return max(run.last, end) }
        }
        return end
    }
}
