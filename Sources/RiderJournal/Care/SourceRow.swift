import FoundationEssentials
import GRDB
import RiderModel

/// A row of another journal's file, as it is stored there.
struct SourceRow: Sendable {
    var seq: Int64
    var recordedAt: Int64
    var topic: Int
    var topicSeq: Int64
    var taskType: String
    var priority: Int
    var attempt: Int
    var status: String
    var waitMilliseconds: Int64
    var processingMilliseconds: Double?
    var taskID: String
    var checksum: Int64
    var body: [UInt8]
    /// Where it came from, when it was imported there.
    var origin: RowOrigin?
    var isSuperseded = false

    /// Columns of a joined read, in the order of ``init(_:)``.
    static let columns =
        """
        r.seq, r.recorded_at, r.topic, r.tseq, r.task_type, r.priority, r.attempt, r.status, r.wait_ms, r.processing_ms,
        r.task_id, b.checksum, b.bytes
        """

    /// - Returns: nil when the body is missing or is not what was written.
    init?(_ row: Row) throws {
        guard let checksum = row[11] as Int64? else { return nil }
        let body = try row.withUnsafeData(atIndex: 12) { $0.map { [UInt8]($0) } ?? [] }
        guard body.withUnsafeBytes({ Checksum.of($0) }) == UInt64(bitPattern: checksum) else { return nil }
        seq = row[0]
        recordedAt = row[1]
        topic = row[2]
        topicSeq = row[3]
        taskType = row[4]
        priority = row[5]
        attempt = row[6]
        status = row[7]
        waitMilliseconds = row[8]
        processingMilliseconds = row[9]
        taskID = row[10]
        self.checksum = checksum
        self.body = body
    }

    func insert(as seq: Int64, topicSeq: Int64, in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO result (seq, recorded_at, topic, tseq, task_type, priority, attempt, status, wait_ms,
                    processing_ms, task_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            seq, recordedAt, topic, topicSeq, taskType, priority, attempt, status, waitMilliseconds,
            processingMilliseconds, taskID,
        ])
        try database.cachedStatement(sql: "INSERT INTO body (seq, checksum, bytes) VALUES (?, ?, ?)")
            .execute(arguments: [seq, checksum, Data(body)])
        if isSuperseded {
            try database.cachedStatement(sql: "INSERT INTO superseded (seq) VALUES (?)").execute(arguments: [seq])
        }
        if let origin { try origin.insert(for: seq, in: database) }
    }
}
