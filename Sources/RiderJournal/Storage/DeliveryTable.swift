import GRDB
import RiderModel

/// A table of runs behind a ledger: the runs around a change are read, changed as a ``DeliveryLedger`` and written back.
struct DeliveryTable {
    /// What a change has done.
    struct Change {
        /// Rows for which the new state was refused.
        var refused: Int64 = 0
        /// Rows by state: how many more, or fewer, there are now.
        var rows: [DeliveryState: Int64] = [:]
    }

    /// What became of rows when they were sent for the first time.
    static let firstOutcomes = DeliveryTable("delivery", rule: .firstOutcome)
    /// The best of all attempts to send rows again.
    static let bestAttempts = DeliveryTable("best_attempt", rule: .attempt)

    /// What one replay did.
    static func attempts(ofRun run: Int64) -> DeliveryTable {
        DeliveryTable("replay_range", rule: .attempt, run: run)
    }

    private let name: String
    private let rule: DeliveryRule
    private let run: Int64?

    private init(_ name: String, rule: DeliveryRule, run: Int64? = nil) {
        self.name = name
        self.rule = rule
        self.run = run
    }

    /// Arguments with the run as the last one when the table holds those of several.
    private func arguments(_ values: [any DatabaseValueConvertible]) -> StatementArguments {
        StatementArguments(values + (run.map { [$0] } ?? []))
    }

    /// It tells of the first time that rows were sent.
    var isFirst: Bool { rule == .firstOutcome }

    @discardableResult
    func record(_ range: DeliveryRange, in database: Database) throws -> Change {
        try change(first: range.first, last: range.last, in: database) { $0.record(range) }
    }

    /// Gives rows a state, whatever they had.
    func replace(_ range: DeliveryRange, in database: Database) throws {
        _ = try change(first: range.first, last: range.last, in: database) { $0.replace(range) }
    }

    /// Forgets rows that have been removed.
    func remove(first: Int64, last: Int64, in database: Database) throws {
        _ = try change(first: first, last: last, in: database) { $0.remove(first: first, last: last) }
    }

    private func change(
        first: Int64, last: Int64, in database: Database, _ change: (inout DeliveryLedger) -> Void
    ) throws -> Change {
        let old = try ranges(touching: first - 1, last + 1, in: database)
        var ledger = DeliveryLedger(sorted: old, rule: rule)
        change(&ledger)
        let new = ledger.ranges
        var changed = Change(refused: ledger.refused)
        if new != old {
            let kept = Set(old).intersection(new)
            let delete = try database.cachedStatement(
                sql: "DELETE FROM \(name) WHERE first = ?1\(run == nil ? "" : " AND run = ?2")")
            for range in old where !kept.contains(range) {
                try delete.execute(arguments: arguments([range.first]))
                changed.rows[range.state, default: 0] -= range.count
            }
            let insert = try database.cachedStatement(
                sql: run == nil
                    ? "INSERT INTO \(name) (first, last, state) VALUES (?, ?, ?)"
                    : "INSERT INTO \(name) (first, last, state, run) VALUES (?, ?, ?, ?)")
            for range in new where !kept.contains(range) {
                try insert.execute(arguments: arguments([range.first, range.last, range.state.rawValue]))
                changed.rows[range.state, default: 0] += range.count
            }
        }
        return changed
    }

    /// The runs that share a row with a span.
    func ranges(
        touching first: Int64, _ last: Int64, limit: Int = .max, in database: Database
    ) throws -> [DeliveryRange] {
        let own = run == nil ? "" : "run = ?4 AND "
        let statement = try database.cachedStatement(
            sql: """
                SELECT first, last, state FROM \(name)
                WHERE \(own)first >= coalesce((SELECT max(first) FROM \(name) WHERE \(own)first <= ?1), ?1)
                    AND first <= ?2 AND last >= ?1
                ORDER BY first LIMIT ?3
                """)
        return try Row.fetchAll(statement, arguments: arguments([first, last, limit])).map(Self.range)
    }

    static func range(_ row: Row) -> DeliveryRange {
        // A state of a newer program reads as uncertain: nothing more is known here.
        DeliveryRange(first: row[0], last: row[1], state: DeliveryState(rawValue: row[2]) ?? .uncertain)
    }
}
