import GRDB
import RiderModel

/// The tables of replays, seen from the writer.
enum ReplayTable {
    private static let columns =
        """
        id, kind, selection, first, last, selected, has_probe, position, state, begun_at, ended_at, handed_off, confirmed,
        uncertain, not_sent
        """

    // MARK: - Reading

    static func run(_ id: ReplayRun.ID, in database: Database) throws -> ReplayRun? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT \(columns) FROM replay_run WHERE id = ?"), arguments: [id]
        ).map(run)
    }

    /// The newest runs before one, newest first.
    static func runs(before id: ReplayRun.ID, limit: Int, in database: Database) throws -> [ReplayRun] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT \(columns) FROM replay_run WHERE id < ? ORDER BY id DESC LIMIT ?"),
            arguments: [id, limit]
        ).map(run)
    }

    private static func run(_ row: Row) -> ReplayRun {
        var counts = ReplayRun.Counts()
        counts.handedOff = row[11]
        counts.confirmed = row[12]
        counts.uncertain = row[13]
        counts.notSent = row[14]
        return ReplayRun(
            id: row[0], kind: ReplayRun.Kind(rawValue: row[1]) ?? .replay, selection: row[2], first: row[3],
            last: row[4], selected: row[5], hasProbe: row[6], position: row[7],
            state: ReplayRun.State(rawValue: row[8]) ?? .stopped, begunAt: UnixTime(milliseconds: row[9]),
            endedAt: (row[10] as Int64?).map(UnixTime.init(milliseconds:)), counts: counts)
    }

    private static func known(_ id: ReplayRun.ID, in database: Database) throws -> ReplayRun {
        if let run = try run(id, in: database) { return run }
        throw JournalError(.notFound, "there is no replay \(id); `rider replay --list` shows those there are")
    }

    // MARK: - A run's life

    static func begin(
        _ plan: ReplayPlan, at now: UnixTime, keeping kept: Int, in database: Database
    ) throws -> ReplayRun {
        try database.execute(
            sql: """
                INSERT INTO replay_run (kind, selection, first, last, selected, has_probe, position, state, begun_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                plan.kind.rawValue, plan.selection, plan.first, plan.last, plan.selected, plan.hasProbe,
                plan.first - 1, ReplayRun.State.running.rawValue, now.milliseconds,
            ])
        let id = database.lastInsertedRowID
        try forget(keeping: max(1, kept), in: database)
        return try known(id, in: database)
    }

    /// Forgets the oldest ended runs beyond a number. The best attempts of their rows stay.
    private static func forget(keeping kept: Int, in database: Database) throws {
        let running = ReplayRun.State.running.rawValue
        let old = try Int64.fetchAll(
            database,
            sql: """
                SELECT id FROM replay_run WHERE state <> \(running) AND id NOT IN
                    (SELECT id FROM replay_run ORDER BY id DESC LIMIT ?)
                """, arguments: [kept])
        for id in old {
            try database.execute(sql: "DELETE FROM replay_range WHERE run = ?", arguments: [id])
            try database.execute(sql: "DELETE FROM replay_run WHERE id = ?", arguments: [id])
        }
    }

    static func resume(_ id: ReplayRun.ID, in database: Database) throws -> ReplayRun {
        switch try known(id, in: database).state {
        case .running: throw JournalError(.conflict, "replay \(id) is running")
        case .done: throw JournalError(.conflict, "replay \(id) is done; begin a new one")
        case .stopped: break
        }
        try database.execute(
            sql: "UPDATE replay_run SET state = ?, ended_at = NULL WHERE id = ?",
            arguments: [ReplayRun.State.running.rawValue, id])
        return try known(id, in: database)
    }

    /// Writes the new states of rows that are there.
    ///
    /// - Returns: the rows for which they were refused.
    static func record(_ ranges: [DeliveryRange], run id: ReplayRun.ID, in database: Database) throws -> Int64 {
        var rows: [DeliveryState: Int64] = [:]
        var refused: Int64 = 0
        for range in ranges {
            let change = try DeliveryTable.attempts(ofRun: id).record(range, in: database)
            try DeliveryTable.bestAttempts.record(range, in: database)
            refused += change.refused
            rows.merge(change.rows, uniquingKeysWith: +)
        }
        func count(_ states: DeliveryState...) -> Int64 { states.reduce(0) { $0 + rows[$1, default: 0] } }
        try database.cachedStatement(
            sql: """
                UPDATE replay_run SET handed_off = handed_off + ?, confirmed = confirmed + ?,
                    uncertain = uncertain + ?, not_sent = not_sent + ? WHERE id = ?
                """
        ).execute(arguments: [
            count(.handedOff), count(.brokerConfirmed, .robotAcknowledged), count(.uncertain),
            count(.noSubscriber, .expired, .notPublished), id,
        ])
        return refused
    }

    static func move(_ id: ReplayRun.ID, to position: Int64, in database: Database) throws {
        try database.cachedStatement(sql: "UPDATE replay_run SET position = ? WHERE id = ?")
            .execute(arguments: [position, id])
    }

    static func exists(_ id: ReplayRun.ID, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM replay_run WHERE id = ?)"), arguments: [id])
            ?? false
    }

    static func end(_ id: ReplayRun.ID, isDone: Bool, at now: UnixTime, in database: Database) throws -> ReplayRun {
        let run = try known(id, in: database)
        if run.hasProbe { try doubtUnconfirmed(run, goesBack: !isDone, in: database) }
        let state = isDone ? ReplayRun.State.done : .stopped
        try database.execute(
            sql: "UPDATE replay_run SET state = ?, ended_at = ? WHERE id = ?",
            arguments: [state.rawValue, now.milliseconds, id])
        return try known(id, in: database)
    }

    /// Stops the runs that an earlier process has left running: what it had handed to a socket is uncertain, and is sent
    /// again when the run is resumed.
    static func stopAbandoned(at now: UnixTime, in database: Database) throws {
        let running = try Row.fetchAll(
            database, sql: "SELECT \(columns) FROM replay_run WHERE state = ?",
            arguments: [ReplayRun.State.running.rawValue])
        for run in running.map(run) {
            try doubtUnconfirmed(run, goesBack: true, in: database)
            try database.execute(
                sql: "UPDATE replay_run SET state = ?, ended_at = ? WHERE id = ?",
                arguments: [ReplayRun.State.stopped.rawValue, now.milliseconds, run.id])
        }
    }

    private static func doubtUnconfirmed(_ run: ReplayRun, goesBack: Bool, in database: Database) throws {
        let unconfirmed = try Row.fetchAll(
            database,
            sql: "SELECT first, last, state FROM replay_range WHERE run = ? AND state = ? ORDER BY first",
            arguments: [run.id, DeliveryState.handedOff.rawValue]
        ).map(DeliveryTable.range)
        guard let first = unconfirmed.first?.first else { return }
        let doubted = unconfirmed.map { DeliveryRange(first: $0.first, last: $0.last, state: .uncertain) }
        _ = try record(doubted, run: run.id, in: database)
        if goesBack { try move(run.id, to: min(run.position, first - 1), in: database) }
    }

    // MARK: - Removed rows

    /// Forgets what is known of rows that have been removed; the counts of the runs stay.
    static func remove(first: Int64, last: Int64, in database: Database) throws {
        try DeliveryTable.bestAttempts.remove(first: first, last: last, in: database)
        let runs = try Int64.fetchAll(
            database.cachedStatement(sql: "SELECT id FROM replay_run WHERE first <= ? AND last >= ?"),
            arguments: [last, first])
        for run in runs { try DeliveryTable.attempts(ofRun: run).remove(first: first, last: last, in: database) }
    }
}
