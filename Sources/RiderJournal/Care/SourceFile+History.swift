import GRDB
import RiderModel

/// Outages and replays of a journal's file, as they are stored there.
extension SourceFile {
    /// The readable rows of a table of history, in the order of its `id`; none when the file has no such table.
    ///
    /// - Parameter lost: told how many rows there may be that cannot be read.
    func rows(of table: String, _ columns: [String], lost: inout Int64) -> [Row] {
        guard let last = lastID(of: table), last > 0 else { return [] }
        let first = (try? queue.read { try Int64.fetchOne($0, sql: "SELECT min(id) FROM \(table)") }) ?? nil
        return readable(min(first ?? 1, last), last, grain: 1, lost: &lost) { first, last, database in
            try Row.fetchAll(
                database,
                sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table) WHERE id BETWEEN ? AND ? ORDER BY id",
                arguments: [first, last])
        }
    }

    /// The last number that a table of history has given out; none is given twice.
    func lastID(of table: String) -> Int64? {
        let numbers = ["SELECT seq FROM sqlite_sequence WHERE name = '\(table)'", "SELECT max(id) FROM \(table)"].map {
            sql in (try? queue.read { try Int64.fetchOne($0, sql: sql) }) ?? nil
        }
        return numbers.compactMap { $0 }.max()
    }

    /// The readable runs of a table of delivery states.
    ///
    /// - Parameter lost: told of how many rows nothing can be read.
    func ranges(of table: DeliveryTable, lost: inout Int64) -> [DeliveryRange] {
        guard let bounds, hasAttempts else { return [] }
        return readable(bounds.lowerBound, bounds.upperBound, grain: Self.chunkRows, lost: &lost) {
            first, last, database in
            try table.ranges(touching: first, last, in: database).map {
                DeliveryRange(first: max(first, $0.first), last: min(last, $0.last), state: $0.state)
            }
        }
    }

    /// Reads a span of keys, in halves where it cannot be read as a whole.
    ///
    /// - Parameter grain: a span of so many keys is not halved any more.
    private func readable<Value>(
        _ first: Int64, _ last: Int64, grain: Int64, lost: inout Int64,
        _ read: (_ first: Int64, _ last: Int64, Database) throws -> [Value]
    ) -> [Value] {
        if let values = try? queue.read({ try read(first, last, $0) }) { return values }
        let count = last - first + 1
        guard count > grain else {
            lost += count
            return []
        }
        let middle = first + (count - 1) / 2
        return readable(first, middle, grain: grain, lost: &lost, read)
            + readable(middle + 1, last, grain: grain, lost: &lost, read)
    }
}
