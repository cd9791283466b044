import GRDB
import RiderModel

/// The SQL of a ``JournalQuery``, without its times: those are spans of `seq` by then.
struct ResultScan {
    private let sql: String
    private let conditionArguments: StatementArguments

    init(_ query: JournalQuery) {
        let state =
            """
            coalesce((SELECT CASE WHEN d.last >= r.seq THEN d.state END FROM delivery d WHERE d.first <= r.seq
                ORDER BY d.first DESC LIMIT 1), 0)
            """
        var conditions = ["r.seq > ? AND r.seq <= ?"]
        var arguments = StatementArguments()
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        require("r.topic = ?", query.topic?.rawValue)
        require("r.task_type = ?", query.taskType?.rawValue)
        require("r.status = ?", query.status?.rawValue)
        require("r.task_id = ?", query.taskID)
        require("\(state) = ?", query.state?.rawValue)
        conditionArguments = arguments
        sql = """
            SELECT r.seq, r.tseq, r.topic, r.recorded_at, r.task_id, r.task_type, r.priority, r.attempt, r.status,
                r.wait_ms, r.processing_ms, \(state), EXISTS (SELECT 1 FROM superseded s WHERE s.seq = r.seq),
                length(b.bytes), \(query.includesBodies ? "b.bytes" : "NULL")
            FROM result r LEFT JOIN body b ON b.seq = r.seq
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY r.seq LIMIT ?
            """
    }

    /// The last row of the next chunk; nil when no row is left.
    func endOfChunk(after: Int64, through last: Int64, rows: Int64, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT max(seq) FROM (SELECT seq FROM result WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)
                    """), arguments: [after, last, rows])
    }

    func results(after: Int64, through last: Int64, limit: Int, in database: Database) throws -> [JournalResult] {
        let arguments = StatementArguments([after, last]) + conditionArguments + [limit]
        let rows = try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
        var results: [JournalResult] = []
        while let row = try rows.next() {
            guard let topic = TelemetryTopic(rawValue: row[2]) else { continue }
            results.append(
                JournalResult(
                    seq: row[0], topicSeq: row[1], topic: topic, recordedAt: UnixTime(milliseconds: row[3]),
                    taskID: row[4], taskType: row[5], priority: row[6], attempt: row[7], status: row[8],
                    waitMilliseconds: row[9], processingMilliseconds: row[10],
                    state: DeliveryState(rawValue: row[11]) ?? .uncertain, isSuperseded: row[12],
                    bodyBytes: row[13] ?? 0,
                    body: try row.withUnsafeData(atIndex: 14) { $0.map { [UInt8]($0) } }))
        }
        return results
    }
}
