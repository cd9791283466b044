import GRDB
import RiderModel

extension Journal {
    /// Takes in the rows of another journal: a backup, a salvaged file, a journal of another machine.
    ///
    /// Rows of this journal's own past come back under their numbers. Rows of another one get a number here to be found by and
    /// keep their own names on the wire (``JournalResult/origin``), so that a replay sends what listeners may have got already
    /// under the name they know. Nothing is sent by an import: rows that had not arrived are `uncertain`. A row that is known
    /// is not taken in twice, so an import that was interrupted is simply repeated.
    ///
    /// - Parameters:
    ///   - path: a journal's folder, or its results file under any name.
    ///   - isTrial: looks and counts, and changes nothing.
    ///   - progress: called after each chunk.
    /// - Throws: ``JournalError``; `cancelled` when the task is cancelled: what was taken in stays.
    public func importRows(
        from path: String, isTrial: Bool = false, progress: @Sendable (CopyProgress) -> Void = { _ in }
    ) async throws(JournalError) -> CopyProgress {
        let importer = try await inbox.perform("opening \(path)") { _ in RowImporter(try SourceFile(path)) }
        var report = CopyProgress()
        guard let bounds = importer.file.bounds else { return report }
        report.rowsTotal = Int64(bounds.count)
        var next = bounds.lowerBound - 1
        while next < bounds.upperBound {
            if Task.isCancelled { throw JournalError(.cancelled, "cancelled; the rows taken in so far stay") }
            let after = next
            let (chunk, through) = try await inbox.perform("importing \(path)") { writer in
                let chunk = try importer.file.chunk(after: after, through: bounds.upperBound)
                let bytes = chunk.rows.reduce(0) { $0 + $1.body.count }
                let report = try writer.makingRoom(for: isTrial ? 0 : bytes) { file in
                    try importer.take(chunk, into: file, isTrial: isTrial)
                }
                return (report, chunk.through)
            }
            report.copied += chunk.copied
            report.known += chunk.known
            report.conflicts += chunk.conflicts
            report.lost += chunk.lost
            report.bytes += chunk.bytes
            report.rowsSeen += through - next
            next = through
            progress(report)
        }
        return report
    }
}

/// Takes chunks of another journal's rows into this one, on the writer's thread.
struct RowImporter: Sendable {
    let file: SourceFile
    /// Names rows of a file that does not tell its name any more: by where it is, so that a second import knows them.
    private let publisherID: String

    init(_ file: SourceFile) {
        self.file = file
        publisherID = file.publisherID ?? "unknown:\(file.path)"
    }

    func take(_ chunk: SourceFile.Chunk, into target: ResultsFile, isTrial: Bool) throws -> CopyProgress {
        var report = CopyProgress()
        report.lost = chunk.lost
        var lastSeq = target.lastSeq
        var topicNumbers = target.topicNumbers
        var lastRecordedAt = target.lastRecordedAt
        try target.transaction { database in
            report.copied = 0
            for row in chunk.rows {
                let origin = row.origin ?? RowOrigin(publisherID: publisherID, seq: row.seq, topicSeq: row.topicSeq)
                let isOwn = origin.publisherID == target.publisherID
                if let known = try Self.knownChecksum(origin, isOwn: isOwn, in: database) {
                    if known == row.checksum { report.known += 1 } else { report.conflicts += 1 }
                    continue
                }
                report.copied += 1
                report.bytes += Int64(row.body.count)
                guard !isTrial else { continue }

                var row = row
                row.origin = isOwn ? nil : origin
                let seq = isOwn ? origin.seq : lastSeq + 1
                try row.insert(as: seq, topicSeq: isOwn ? origin.topicSeq : 0, in: database)
                try Self.noteClockSteps(around: seq, in: database)
                if isOwn {
                    try TopicSteps.note(
                        number: origin.topicSeq, of: row.topic, at: seq, after: lastSeq, numbers: topicNumbers,
                        in: database)
                }
                for range in file.states(row.seq, row.seq, withAttempts: true) {
                    let moved = DeliveryRange(first: seq, last: seq, state: range.state)
                    try DeliveryTable.firstOutcomes.record(moved, in: database)
                }
                if seq > lastSeq {
                    lastSeq = seq
                    if !isOwn { try TopicSteps.note(numbers: topicNumbers, at: seq, in: database) }
                    lastRecordedAt = UnixTime(milliseconds: row.recordedAt)
                }
                if isOwn, topicNumbers.indices.contains(row.topic), origin.topicSeq > topicNumbers[row.topic] {
                    topicNumbers[row.topic] = origin.topicSeq
                    try database.execute(
                        sql: "INSERT OR REPLACE INTO topic_number (topic, last) VALUES (?, ?)",
                        arguments: [row.topic, origin.topicSeq])
                }
            }
        }
        guard !isTrial else { return report }
        target.lastSeq = lastSeq
        target.topicNumbers = topicNumbers
        target.lastRecordedAt = lastRecordedAt
        return report
    }

    /// The checksum of the row that goes by this name; nil when there is none.
    private static func knownChecksum(_ origin: RowOrigin, isOwn: Bool, in database: Database) throws -> Int64? {
        if isOwn {
            return try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT checksum FROM body WHERE seq = ?"), arguments: [origin.seq])
        }
        return try Int64.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT checksum FROM imported i JOIN body b ON b.seq = i.seq WHERE i.pub = ? AND i.origin_seq = ?
                    """), arguments: [origin.publisherID, origin.seq])
    }

    /// Keeps the list of places where stamps fall true: a point in time is found by it.
    private static func noteClockSteps(around seq: Int64, in database: Database) throws {
        let times = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT seq, recorded_at FROM result WHERE seq >=
                        coalesce((SELECT max(seq) FROM result WHERE seq < ?1), ?1) ORDER BY seq LIMIT 3
                    """), arguments: [seq])
        for (before, after) in zip(times, times.dropFirst()) {
            let fell = (after[1] as Int64) < before[1]
            try database.cachedStatement(
                sql: fell
                    ? "INSERT OR IGNORE INTO clock_step (seq) VALUES (?)" : "DELETE FROM clock_step WHERE seq = ?"
            ).execute(arguments: [after[0] as Int64])
        }
    }
}
