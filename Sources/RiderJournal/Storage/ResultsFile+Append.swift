import GRDB
import GRDBSQLite
import RiderModel

extension ResultsFile {
    /// Stands where results have their task type.
    private static let metricsTaskType = "metrics"

    /// Writes groups of entries and what else waits, in one transaction.
    ///
    /// - Returns: one array of records per group, in order, and the delivery states that were refused.
    func commit(
        _ appends: [[JournalEntry]], news: DeliveryNews, now: UInt64
    ) throws -> (records: [[JournalRecord]], refused: Int64) {
        var numbering = Numbering(self)
        var settling = handOffs
        let outcome = try transaction { database in
            let records = try insert(appends, numbering: &numbering, in: database)
            if let settled = settling.settle(at: now) { try Self.setMeta(database, "settled_up_to", settled) }
            return (records, try write(news, lastSeq: numbering.seq, in: database))
        }
        // Only now: a number that was rolled back has never been given out.
        lastSeq = numbering.seq
        topicNumbers = numbering.topics
        lastRecordedAt = numbering.recordedAt
        if let handedOff = news.ledger.ranges.last(where: { $0.state == .handedOff })?.last {
            settling.handedOff(upTo: min(handedOff, lastSeq), at: now)
        }
        handOffs = settling
        return outcome
    }

    private struct Numbering {
        /// Stamps that come out of order by less than this are put in order; a larger step is the clock being set back.
        static let toleratedDisorder = Duration.seconds(1)

        var seq: Int64
        var topics: [Int64]
        var recordedAt: UnixTime

        init(_ file: ResultsFile) {
            seq = file.lastSeq
            topics = file.topicNumbers
            recordedAt = file.lastRecordedAt
        }
    }

    private func insert(
        _ appends: [[JournalEntry]], numbering: inout Numbering, in database: Database
    ) throws -> [[JournalRecord]] {
        guard !appends.isEmpty else { return [] }
        let result = try BoundStatement(
            """
            INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms,
                processing_ms, task_id, position) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, in: database)
        let body = try BoundStatement("INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)", in: database)
        var used = [Bool](repeating: false, count: numbering.topics.count)

        let records = try appends.map { entries in
            try entries.map { entry in
                numbering.seq += 1
                let topic = entry.topic.rawValue
                numbering.topics[topic] += 1
                used[topic] = true
                if entry.recordedAt >= numbering.recordedAt {
                    numbering.recordedAt = entry.recordedAt
                } else if numbering.recordedAt - entry.recordedAt > Numbering.toleratedDisorder {
                    numbering.recordedAt = entry.recordedAt
                    try database.cachedStatement(sql: "INSERT INTO clock_step (seq) VALUES (?)")
                        .execute(arguments: [numbering.seq])
                }

                result.bind(1, numbering.seq)
                result.bind(2, numbering.recordedAt.milliseconds)
                result.bind(3, Int64(topic))
                result.bind(4, numbering.topics[topic])
                result.bind(5, entry.taskType?.rawValue ?? Self.metricsTaskType)
                result.bind(6, Int64(entry.priority.rawValue))
                result.bind(7, Int64(entry.attempt))
                result.bind(8, entry.status.rawValue)
                result.bind(9, entry.waitMilliseconds)
                result.bind(10, entry.processingMilliseconds)
                result.bind(11, entry.taskID)
                result.bind(12, entry.position)
                try result.run()

                try entry.body.withUnsafeBytes { bytes in
                    body.bind(1, numbering.seq)
                    body.bind(2, Int64(bitPattern: Checksum.of(bytes)))
                    body.bindUncopied(3, bytes)
                    try body.run()
                }
                try TopicSteps.note(numbers: numbering.topics, at: numbering.seq, in: database)
                return JournalRecord(
                    seq: numbering.seq, topicSeq: numbering.topics[topic], topic: entry.topic,
                    recordedAt: numbering.recordedAt, body: entry.body)
            }
        }
        for topic in used.indices where used[topic] {
            try database.cachedStatement(sql: "INSERT OR REPLACE INTO topic_number (topic, last) VALUES (?, ?)")
                .execute(arguments: [topic, numbering.topics[topic]])
        }
        return records
    }

    private func write(_ news: DeliveryNews, lastSeq: Int64, in database: Database) throws -> Int64 {
        var refused: Int64 = 0
        for range in news.ledger.ranges {
            for existing in try existingRows(range, lastSeq: lastSeq, in: database) {
                refused += try DeliveryTable.firstOutcomes.record(existing, in: database).refused
            }
        }
        for seq in news.superseded where seq <= lastSeq {
            try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO superseded (seq) SELECT seq FROM result WHERE seq = ?"
            ).execute(arguments: [seq])
        }
        if news.acknowledgedUpTo > 0 {
            try Self.setMeta(database, "acknowledged_up_to", min(news.acknowledgedUpTo, lastSeq))
        }
        for (run, replay) in news.replays where try ReplayTable.exists(run, in: database) {
            let ranges = try replay.ledger.ranges.flatMap { try existingRows($0, lastSeq: lastSeq, in: database) }
            refused += try ReplayTable.record(ranges, run: run, in: database)
            if let position = replay.position { try ReplayTable.move(run, to: position, in: database) }
        }
        return refused
    }

    /// The parts of a run whose rows are there: outcomes of rows that have made room meanwhile are of no use.
    private func existingRows(
        _ range: DeliveryRange, lastSeq: Int64, in database: Database
    ) throws -> [DeliveryRange] {
        let last = min(range.last, lastSeq)
        let firstWhole = max(range.first, removedUpTo + 1)
        var parts = DeliveryLedger()
        if range.first <= removedUpTo {
            let rows = try Int64.fetchCursor(
                database, sql: "SELECT seq FROM result WHERE seq BETWEEN ? AND ? ORDER BY seq",
                arguments: [range.first, min(last, removedUpTo)])
            while let seq = try rows.next() {
                parts.record(DeliveryRange(first: seq, last: seq, state: range.state))
            }
        }
        if firstWhole <= last {
            parts.record(DeliveryRange(first: firstWhole, last: last, state: range.state))
        }
        return parts.ranges
    }
}

/// A cached statement with positional binding that copies and allocates nothing it need not: the way of every row.
private struct BoundStatement {
    private let statement: Statement
    private let handle: OpaquePointer
    /// Tells SQLite to copy the value.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ sql: String, in database: Database) throws {
        statement = try database.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
    }

    func bind(_ index: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, index, value)
    }

    func bind(_ index: Int32, _ value: Double?) {
        if let value { sqlite3_bind_double(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ index: Int32, _ value: String) {
        sqlite3_bind_text(handle, index, value, Int32(value.utf8.count), Self.transient)
    }

    /// The bytes must stay where they are until the statement has run.
    func bindUncopied(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        if bytes.isEmpty {
            sqlite3_bind_zeroblob(handle, index, 0)
        } else {
            sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), nil)
        }
    }

    func run() throws {
        let code = sqlite3_step(handle)
        let message = code == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(sqlite3_db_handle(handle)))
        sqlite3_reset(handle)
        guard let message else { return }
        throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}
