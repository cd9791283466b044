import GRDB
import RiderModel

/// The SQL of a ``JournalQuery``, without its times: those are spans of `seq` by then.
struct ResultScan {
    private let query: JournalQuery
    private let conditions: String
    private let conditionArguments: StatementArguments

    /// The state of a row `r` in a table of runs; NULL when it is in none.
    private static func state(in table: String) -> String {
        """
        (SELECT CASE WHEN d.last >= r.seq THEN d.state END FROM \(table) d WHERE d.first <= r.seq
            ORDER BY d.first DESC LIMIT 1)
        """
    }

    private static let firstOutcome = "coalesce(\(state(in: "delivery")), 0)"
    private static let attempt = state(in: "best_attempt")
    private static let isSuperseded = "EXISTS (SELECT 1 FROM superseded s WHERE s.seq = r.seq)"

    /// See ``JournalResult/isDelivered``.
    private static let isDelivered: String = {
        func numbers(_ states: DeliveryState...) -> String {
            states.map { String($0.rawValue) }.joined(separator: ", ")
        }
        return """
            (\(firstOutcome) IN (\(numbers(.brokerConfirmed, .robotAcknowledged)))
                OR \(firstOutcome) = \(numbers(.handedOff))
                    AND r.seq <= coalesce((SELECT value FROM meta WHERE key = 'settled_up_to'), 0)
                OR coalesce(\(attempt), 0) IN (\(numbers(.handedOff, .brokerConfirmed, .robotAcknowledged))))
            """
    }()

    init(_ query: JournalQuery) {
        self.query = query
        var conditions = ["r.seq > ? AND r.seq <= ?"]
        var arguments = StatementArguments()
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        if !query.topics.isEmpty {
            let topics = query.topics.map { String($0.rawValue) }.sorted().joined(separator: ", ")
            conditions.append("r.topic IN (\(topics))")
        }
        require("r.task_type = ?", query.taskType?.rawValue)
        require("r.status = ?", query.status?.rawValue)
        require("r.task_id = ?", query.taskID)
        require("\(Self.firstOutcome) = ?", query.state?.rawValue)
        if query.onlyUndelivered {
            conditions.append("NOT \(Self.isDelivered)")
            conditions.append("\(Self.firstOutcome) <> \(DeliveryState.notPublished.rawValue)")
        }
        if query.onlyUndelivered || !query.includesSuperseded { conditions.append("NOT \(Self.isSuperseded)") }
        self.conditions = conditions.joined(separator: " AND ")
        conditionArguments = arguments
    }

    /// The last row of the next chunk; nil when no row is left.
    func endOfChunk(after: Int64, through last: Int64, rows: Int64, in database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT max(seq) FROM (SELECT seq FROM result WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)
                    """), arguments: [after, last, rows])
    }

    /// - Parameter bodyBytes: counts the bytes of the bodies that were read; the read ends when it reaches the query's limit.
    func results(
        after: Int64, through last: Int64, limit: Int, bodyBytes: inout Int, in database: Database
    ) throws -> [JournalResult] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT r.seq, r.tseq, r.topic, r.recorded_at, r.task_id, r.task_type, r.priority, r.attempt, r.status,
                    r.wait_ms, r.processing_ms, \(Self.firstOutcome), \(Self.attempt), \(Self.isDelivered),
                    \(Self.isSuperseded), length(b.bytes), \(query.includesBodies ? "b.bytes" : "NULL"),
                    i.pub, i.origin_seq, i.origin_tseq
                FROM result r LEFT JOIN body b ON b.seq = r.seq LEFT JOIN imported i ON i.seq = r.seq
                WHERE \(conditions) ORDER BY r.seq LIMIT ?
                """)
        let rows = try Row.fetchCursor(
            statement, arguments: StatementArguments([after, last]) + conditionArguments + [limit])
        var results: [JournalResult] = []
        while bodyBytes < query.maxBodyBytes, let row = try rows.next() {
            guard let topic = TelemetryTopic(rawValue: row[2]) else { continue }
            let body = try row.withUnsafeData(atIndex: 16) { $0.map { [UInt8]($0) } }
            bodyBytes += body?.count ?? 0
            results.append(
                JournalResult(
                    seq: row[0], topicSeq: row[1], topic: topic, recordedAt: UnixTime(milliseconds: row[3]),
                    taskID: row[4], taskType: row[5], priority: row[6], attempt: row[7], status: row[8],
                    waitMilliseconds: row[9], processingMilliseconds: row[10],
                    state: DeliveryState(rawValue: row[11]) ?? .uncertain,
                    replayState: (row[12] as Int?).map { DeliveryState(rawValue: $0) ?? .uncertain },
                    isDelivered: row[13], isSuperseded: row[14],
                    origin: (row[17] as String?).map {
                        RowOrigin(publisherID: $0, seq: row[18], topicSeq: row[19])
                    }, bodyBytes: row[15] ?? 0, body: body))
        }
        return results
    }

    /// - Parameter bodyBytes: as in ``results(after:through:limit:bodyBytes:in:)``.
    func records(
        after: Int64, through last: Int64, limit: Int, bodyBytes: inout Int, in database: Database
    ) throws -> [JournalRecord] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT r.seq, r.tseq, r.topic, r.recorded_at, b.bytes, i.pub, i.origin_seq, i.origin_tseq
                FROM result r JOIN body b ON b.seq = r.seq LEFT JOIN imported i ON i.seq = r.seq
                WHERE \(conditions) ORDER BY r.seq LIMIT ?
                """)
        let rows = try Row.fetchCursor(
            statement, arguments: StatementArguments([after, last]) + conditionArguments + [limit])
        var records: [JournalRecord] = []
        while bodyBytes < query.maxBodyBytes, let row = try rows.next() {
            guard let topic = TelemetryTopic(rawValue: row[2]) else { continue }
            let body = try row.withUnsafeData(atIndex: 4) { $0.map { [UInt8]($0) } ?? [] }
            bodyBytes += body.count
            records.append(
                JournalRecord(
                    seq: row[0], topicSeq: row[1], topic: topic, recordedAt: UnixTime(milliseconds: row[3]), body: body,
                    origin: (row[5] as String?).map { RowOrigin(publisherID: $0, seq: row[6], topicSeq: row[7]) }))
        }
        return records
    }

    /// Adds a chunk to a summary.
    func add(after: Int64, through last: Int64, to summary: inout ResultSummary, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                SELECT count(*), sum(length(b.bytes)), min(r.seq), max(r.seq), min(r.recorded_at), max(r.recorded_at)
                FROM result r LEFT JOIN body b ON b.seq = r.seq WHERE \(conditions)
                """)
        let arguments = StatementArguments([after, last]) + conditionArguments
        guard let row = try Row.fetchOne(statement, arguments: arguments), let first = row[2] as Int64? else { return }
        func time(_ index: Int) -> UnixTime { UnixTime(milliseconds: row[index]) }
        summary.rows += row[0]
        summary.bytes += row[1] ?? 0
        summary.firstSeq = summary.firstSeq ?? first
        summary.lastSeq = row[3]
        summary.firstRecordedAt = min(summary.firstRecordedAt ?? time(4), time(4))
        summary.lastRecordedAt = max(summary.lastRecordedAt ?? time(5), time(5))
    }
}
