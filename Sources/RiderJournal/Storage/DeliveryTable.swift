import GRDB
import RiderModel

/// The table of runs behind the ledger: the runs around a change are read, changed as a ``DeliveryLedger`` and written back.
enum DeliveryTable {
    /// - Returns: the rows for which the new state was refused.
    static func record(_ range: DeliveryRange, in database: Database) throws -> Int64 {
        try change(first: range.first, last: range.last, in: database) { $0.record(range) }
    }

    /// Forgets rows that have been removed.
    static func remove(first: Int64, last: Int64, in database: Database) throws {
        _ = try change(first: first, last: last, in: database) { $0.remove(first: first, last: last) }
    }

    private static func change(
        first: Int64, last: Int64, in database: Database, _ change: (inout DeliveryLedger) -> Void
    ) throws -> Int64 {
        let old = try ranges(touching: first - 1, last + 1, in: database)
        var ledger = DeliveryLedger(sorted: old)
        change(&ledger)
        let new = ledger.ranges
        if new != old {
            let kept = Set(old).intersection(new)
            let delete = try database.cachedStatement(sql: "DELETE FROM delivery WHERE first = ?")
            for range in old where !kept.contains(range) { try delete.execute(arguments: [range.first]) }
            let insert = try database.cachedStatement(
                sql: "INSERT INTO delivery (first, last, state) VALUES (?, ?, ?)")
            for range in new where !kept.contains(range) {
                try insert.execute(arguments: [range.first, range.last, range.state.rawValue])
            }
        }
        return ledger.refused
    }

    /// The runs that share a row with a span.
    static func ranges(
        touching first: Int64, _ last: Int64, limit: Int = .max, in database: Database
    ) throws -> [DeliveryRange] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT first, last, state FROM delivery
                WHERE first >= coalesce((SELECT max(first) FROM delivery WHERE first <= ?1), ?1)
                    AND first <= ?2 AND last >= ?1
                ORDER BY first LIMIT ?3
                """)
        return try Row.fetchAll(statement, arguments: [first, last, limit]).map(range)
    }

    static func range(_ row: Row) -> DeliveryRange {
        // A state of a newer program reads as uncertain: nothing more is known here.
        DeliveryRange(first: row[0], last: row[1], state: DeliveryState(rawValue: row[2]) ?? .uncertain)
    }
}
