import GRDB
import RiderModel

/// The outages and replays that can be read of a damaged journal.
struct SalvagedHistory {
    private static let outageColumns = [
        "id", "cause", "begun_at", "noticed_at", "ended_at", "after_seq", "through_seq", "rows",
    ]
    private static let replayColumns = [
        "id", "kind", "selection", "first", "last", "has_probe", "position", "state", "begun_at", "ended_at",
        "selected", "handed_off", "confirmed", "uncertain", "not_sent",
    ]
    private static let textColumns: Set = ["cause", "kind", "selection"]
    private static let optionalColumns: Set = ["ended_at", "through_seq", "rows"]
    /// What is remembered of the worker's life, so that the next one knows since when nobody ran.
    private static let facts = ["worker_alive_at", "worker_ended"]

    let outages: [Row]
    let replays: [Row]
    /// Outages, replays, and rows of replays, of which nothing can be read.
    let lost: Int64

    init(_ file: SourceFile) {
        var lost: Int64 = 0
        outages = Self.soundRows(of: "outage", Self.outageColumns, in: file, lost: &lost)
        replays = Self.soundRows(of: "replay_run", Self.replayColumns, in: file, lost: &lost)
        // What became of rows may be much: it is only counted here, and read again a replay at a time when it is written.
        for replay in replays { _ = file.ranges(of: .attempts(ofRun: replay[0]), lost: &lost) }
        _ = file.ranges(of: .bestAttempts, lost: &lost)
        self.lost = lost
    }

    /// Those that can be read and are what was written, as far as their types tell.
    private static func soundRows(
        of table: String, _ columns: [String], in file: SourceFile, lost: inout Int64
    ) -> [Row] {
        let rows = file.rows(of: table, columns, lost: &lost)
        let sound = rows.filter { row in
            zip(columns, row.databaseValues).allSatisfy { column, value in
                switch value.storage {
                case .null: optionalColumns.contains(column)
                case .string: textColumns.contains(column)
                case .int64: !textColumns.contains(column)
                case .double, .blob: false
                }
            }
        }
        lost += Int64(rows.count - sound.count)
        return sound
    }

    /// Writes it into a journal that has the rows already.
    func write(from file: SourceFile, at now: UnixTime, in database: Database) throws {
        try Self.insert(outages, into: "outage", Self.outageColumns, in: database)
        try Self.insert(replays, into: "replay_run", Self.replayColumns, in: database)
        var counted: Int64 = 0
        for replay in replays {
            let attempts = DeliveryTable.attempts(ofRun: replay[0])
            for range in file.ranges(of: attempts, lost: &counted) {
                try attempts.record(range, in: database)
                try DeliveryTable.bestAttempts.record(range, in: database)
            }
        }
        // What the file says of the best attempts is better than what could be put together again.
        for range in file.ranges(of: .bestAttempts, lost: &counted) {
            try DeliveryTable.bestAttempts.replace(range, in: database)
        }
        try forgetMissingRows(file, in: database)
        try ReplayTable.stopAbandoned(at: now, in: database)
        try endOutages(through: file.bounds?.upperBound ?? 0, in: database)
        for fact in Self.facts {
            let value = try? file.queue.read {
                try DatabaseValue.fetchOne($0, sql: "SELECT value FROM meta WHERE key = ?", arguments: [fact])
            }
            if let value = value ?? nil { try ResultsFile.setMeta(database, fact, value) }
        }
        for table in ["outage", "replay_run"] {
            guard let last = file.lastID(of: table) else { continue }
            try database.execute(sql: "DELETE FROM sqlite_sequence WHERE name = ?", arguments: [table])
            try database.execute(
                sql: "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", arguments: [table, last])
        }
    }

    private static func insert(
        _ rows: [Row], into table: String, _ columns: [String], in database: Database
    ) throws {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try database.cachedStatement(
            sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))")
        for row in rows { try statement.execute(arguments: StatementArguments(row.databaseValues)) }
    }

    /// Rows that are not there have no state.
    private func forgetMissingRows(_ file: SourceFile, in database: Database) throws {
        guard let bounds = file.bounds else { return }
        let gaps = try Row.fetchAll(
            database,
            sql: """
                SELECT before + 1, seq - 1 FROM (
                    SELECT seq, lag(seq, 1, ?1 - 1) OVER (ORDER BY seq) AS before
                    FROM (SELECT seq FROM result UNION ALL SELECT ?2 + 1))
                WHERE seq > before + 1
                """, arguments: [bounds.lowerBound, bounds.upperBound])
        for gap in gaps { try ReplayTable.remove(first: gap[0], last: gap[1], in: database) }
    }

    /// They ended with the last row at the latest: nothing is known of what came later.
    private func endOutages(through last: Int64, in database: Database) throws {
        let lastRow = try Int64.fetchOne(database, sql: "SELECT recorded_at FROM result ORDER BY seq DESC LIMIT 1")
        for outage in outages where outage[4] as Int64? == nil {
            let noticedAt: Int64 = outage[3]
            _ = try OutageTable.end(
                outage[0], at: UnixTime(milliseconds: max(noticedAt, lastRow ?? noticedAt)), through: last, in: database
            )
        }
    }
}
