import GRDB
import Glibc
import RiderExecution
import RiderModel
import RiderSQLite

/// Saves what can be read of a damaged results file into a new journal, key by key: one bad page costs the rows on it and
/// nothing else. The damaged file is not changed.
public struct Salvage: Sendable {
    /// The damaged file, or the folder of a journal.
    public var source: String
    /// The folder of the new journal; there must be no journal in it.
    public var target: String
    private let time: TimeSource

    public init(source: String, target: String, time: TimeSource = .system) {
        self.source = source
        self.target = target
        self.time = time
    }

    /// Rows, outages and replays keep their numbers and the journal its name, so that listeners know them again. Rows whose
    /// delivery cannot be read are `uncertain`.
    ///
    /// - Parameter progress: called after each chunk, on a thread of its own.
    /// - Throws: ``JournalError`` when the file cannot be read at all, or the target cannot be written; `cancelled` when the
    ///   task is cancelled: then no target is left behind.
    public func run(progress: @escaping @Sendable (CopyProgress) -> Void) async throws(JournalError) -> CopyProgress {
        let isStopped = StopSign()
        do {
            return try await DetachedThread.run(name: "journal-salvage") {
                isStopped.set()
            } loop: {
                try save(progress, isStopped: { isStopped.isSet })
            }
        } catch {
            throw JournalError.translating(error, while: "salvaging \(source)")
        }
    }

    /// Reads as ``run(progress:)`` does, and writes nothing.
    public func look(progress: @escaping @Sendable (CopyProgress) -> Void) async throws(JournalError) -> CopyProgress {
        let isStopped = StopSign()
        do {
            return try await DetachedThread.run(name: "journal-salvage") {
                isStopped.set()
            } loop: {
                var report = CopyProgress()
                let file = try SourceFile(source)
                try Self.forEachChunk(of: file, isStopped: { isStopped.isSet }) { chunk, total in
                    report.add(chunk, of: total)
                    progress(report)
                }
                report.add(SalvagedHistory(file))
                return report
            }
        } catch {
            throw JournalError.translating(error, while: "reading \(source)")
        }
    }

    private static func forEachChunk(
        of file: SourceFile, isStopped: () -> Bool,
        _ visit: (_ chunk: SourceFile.Chunk, _ total: ClosedRange<Int64>) throws -> Void
    ) throws {
        guard let bounds = file.bounds else { return }
        var next = bounds.lowerBound - 1
        while next < bounds.upperBound {
            if isStopped() { throw JournalError(.cancelled, "cancelled; nothing was saved") }
            let chunk = try file.chunk(after: next, through: bounds.upperBound)
            try visit(chunk, bounds)
            next = chunk.through
        }
    }

    private func save(_ progress: (CopyProgress) -> Void, isStopped: () -> Bool) throws -> CopyProgress {
        let file = try SourceFile(source)
        let path = target + "/" + ResultsFile.name
        guard access(path, F_OK) != 0 else {
            throw JournalError(.conflict, "\(path) exists; choose another folder")
        }
        try DatabaseFile.makeDirectory(target)
        // Under another name until it is whole.
        let partial = path + ".partial"
        DatabaseFile.remove(partial)
        try DatabaseFile.makePrivate(partial)
        do {
            let report = try write(file, to: partial, progress, isStopped: isStopped)
            guard rename(partial, path) == 0 else {
                throw JournalError(
                    .unavailable, "renaming \(partial) failed: \(String(cString: strerror(errno)))")
            }
            return report
        } catch {
            DatabaseFile.remove(partial)
            throw error
        }
    }

    private func write(
        _ file: SourceFile, to path: String, _ progress: (CopyProgress) -> Void, isStopped: () -> Bool
    ) throws -> CopyProgress {
        let queue = try DatabaseFile.openWriter(path, synchronous: "NORMAL", walBytes: 16 << 20)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 1000") }
        try Migrations.journal.apply(to: queue)
        var report = CopyProgress()
        var topics: [Int: Int64] = [:]
        var lastRecordedAt = Int64.min
        try Self.forEachChunk(of: file, isStopped: isStopped) { chunk, bounds in
            try queue.write { database in
                for row in chunk.rows {
                    try row.insert(as: row.seq, topicSeq: row.topicSeq, in: database)
                    if row.origin == nil { topics[row.topic] = max(topics[row.topic] ?? 0, row.topicSeq) }
                    if row.recordedAt < lastRecordedAt {
                        try database.execute(sql: "INSERT INTO clock_step (seq) VALUES (?)", arguments: [row.seq])
                    }
                    lastRecordedAt = row.recordedAt
                }
                try Self.recordStates(of: chunk.rows, file, in: database)
            }
            report.add(chunk, of: bounds)
            progress(report)
        }
        let history = SalvagedHistory(file)
        report.add(history)
        progress(report)
        try queue.write { try history.write(from: file, at: time.wall(), in: $0) }
        try queue.write { try finish(file, through: file.bounds?.upperBound ?? 0, topics: topics, in: $0) }
        try queue.writeWithoutTransaction { database in
            _ = try database.checkpoint(.truncate)
            try database.execute(sql: "PRAGMA journal_mode = DELETE")
        }
        try queue.close()
        return report
    }

    private static func recordStates(of rows: [SourceRow], _ file: SourceFile, in database: Database) throws {
        guard let first = rows.first?.seq, let last = rows.last?.seq else { return }
        for range in file.states(first, last, withAttempts: false) {
            try DeliveryTable.firstOutcomes.record(range, in: database)
        }
        // Rows that are not there have no state.
        var next = first
        for row in rows {
            if row.seq > next { try DeliveryTable.firstOutcomes.remove(first: next, last: row.seq - 1, in: database) }
            next = row.seq + 1
        }
    }

    private func finish(
        _ file: SourceFile, through last: Int64, topics: [Int: Int64], in database: Database
    ) throws {
        if let publisherID = file.publisherID { try ResultsFile.setMeta(database, "publisher_id", publisherID) }
        for (topic, number) in topics {
            try database.execute(
                sql: "INSERT INTO topic_number (topic, last) VALUES (?, ?)", arguments: [topic, number])
        }
        try TopicSteps.rebuild(in: database)
        // Rows may be missing anywhere, and no number is given twice.
        try ResultsFile.setMeta(database, "removed_up_to", last)
        try ResultsFile.setMeta(database, "clean_end", 1)
        try database.execute(sql: "DELETE FROM sqlite_sequence WHERE name = 'result'")
        try database.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('result', ?)", arguments: [last])
    }
}
