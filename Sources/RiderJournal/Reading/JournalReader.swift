import GRDB
import Glibc
import RiderExecution
import RiderModel

/// Reads a journal, beside a running worker or without one.
///
/// It never writes, and never holds a read open for longer than a chunk of a few hundred rows: a long one would keep the
/// writer from cutting its log back.
public actor JournalReader {
    /// Rows looked at in one read.
    static let chunkRows: Int64 = 512
    /// The file of metric samples beside the results.
    package static let samplesFileName = "samples.db"

    nonisolated let executor = ThreadExecutor(name: "journal-read")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public nonisolated let directory: String
    private nonisolated let path: String
    private var queue: DatabaseQueue?

    /// Opens nothing yet: the first read does, and says when there is no journal.
    public init(directory: String) {
        self.directory = directory
        path = directory + "/" + ResultsFile.name
    }

    /// One short read.
    func read<Value>(_ work: (Database) throws -> Value) throws(JournalError) -> Value {
        try translatingErrors(while: "reading \(path)") {
            if queue == nil, access(path, F_OK) != 0, errno == ENOENT {
                throw JournalError(
                    .notFound, "there is no journal in \(directory): a worker begins one there; is data_dir right?")
            }
            let queue = try self.queue ?? DatabaseFile.openReader(path)
            self.queue = queue
            return try queue.read(work)
        }
    }

    /// Committed records with their bodies, from a number on; not those that are marked as superseded.
    ///
    /// - Parameter maxBytes: stops after the record that reaches this many bytes of bodies.
    public func rows(from seq: Int64, limit: Int, maxBytes: Int = 4 << 20) throws(JournalError) -> [JournalRecord] {
        var records: [JournalRecord] = []
        var bytes = 0
        var next = seq
        while records.count < limit, bytes < maxBytes {
            let chunk = min(Int64(limit - records.count), Self.chunkRows)
            let found = try read { database in
                let rows = try Row.fetchCursor(
                    database.cachedStatement(
                        sql: """
                            SELECT seq, tseq, topic, recorded_at, bytes FROM result JOIN body USING (seq)
                            WHERE seq >= ? AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = result.seq)
                            ORDER BY seq LIMIT ?
                            """), arguments: [next, chunk])
                var found: Int64 = 0
                while bytes < maxBytes, let row = try rows.next() {
                    found += 1
                    next = (row[0] as Int64) + 1
                    // A topic of a newer program cannot be sent by this one.
                    guard let topic = TelemetryTopic(rawValue: row[2]) else { continue }
                    let body = try row.withUnsafeData(atIndex: 4) { $0.map { [UInt8]($0) } ?? [] }
                    bytes += body.count
                    records.append(
                        JournalRecord(
                            seq: row[0], topicSeq: row[1], topic: topic,
                            recordedAt: UnixTime(milliseconds: row[3]), body: body))
                }
                return found
            }
            if found < chunk { break }
        }
        return records
    }

    /// The first row recorded at a time or later; nil when there is none.
    public func seq(atOrAfter time: UnixTime) throws(JournalError) -> Int64? {
        try read { try TimeBisection($0).firstSeq(atOrAfter: time) }
    }

    /// The runs of delivery states that share a row with a span, in order; rows in none of them are `journaled`.
    ///
    /// - Parameter limit: runs at most; to go on, ask again after the last one.
    public func deliveryRanges(
        from first: Int64 = 1, through last: Int64 = .max - 1, limit: Int = 512
    ) throws(JournalError) -> [DeliveryRange] {
        try read { database in
            try DeliveryTable.firstOutcomes.ranges(touching: first, last, limit: limit, in: database)
        }
    }

    /// Results that meet a query, in the order of `seq`.
    ///
    /// Looking for few among many takes long, and other calls of this reader wait: whoever walks through a journal beside
    /// others takes a reader of its own.
    public func results(_ query: JournalQuery) throws(JournalError) -> [JournalResult] {
        let scan = ResultScan(query)
        var results: [JournalResult] = []
        var bodyBytes = 0
        try forEachChunk(of: query) { after, end, database in
            results += try scan.results(
                after: after, through: end, limit: query.limit - results.count, bodyBytes: &bodyBytes, in: database)
            return results.count < query.limit && bodyBytes < query.maxBodyBytes
        }
        return results
    }

    /// The rows that meet a query in numbers, whatever its limits say.
    ///
    /// - Parameter progress: called after each chunk with the last row looked at, on the reader's thread.
    /// - Throws: ``JournalError``; `cancelled` when the task is cancelled.
    public func summary(
        _ query: JournalQuery, progress: @Sendable (_ seq: Int64) -> Void = { _ in }
    ) throws(JournalError) -> ResultSummary {
        let scan = ResultScan(query)
        var summary = ResultSummary()
        try forEachChunk(of: query) { after, end, database in
            try scan.add(after: after, through: end, to: &summary, in: database)
            progress(end)
            return true
        }
        if Task.isCancelled { throw JournalError(.cancelled, "counting results was cancelled") }
        return summary
    }

    /// Goes through the rows in the span and the times of a query; each chunk is one short read.
    ///
    /// - Parameter visit: gets the span of a chunk, and returns whether to go on.
    func forEachChunk(
        of query: JournalQuery, _ visit: (_ after: Int64, _ through: Int64, Database) throws -> Bool
    ) throws(JournalError) {
        let spans =
            query.since == nil && query.until == nil
            ? [1...(Int64.max - 1)]
            : try read { try TimeBisection($0).spans(since: query.since, until: query.until) }
        let scan = ResultScan(query)
        for span in spans {
            var after = max(query.after, span.lowerBound - 1)
            let last = min(query.through, span.upperBound)
            while after < last, !Task.isCancelled {
                var goesOn = true
                let end = try read { database in
                    let end = try scan.endOfChunk(after: after, through: last, rows: Self.chunkRows, in: database)
                    if let end { goesOn = try visit(after, end, database) }
                    return end
                }
                guard let end else { break }
                guard goesOn else { return }
                after = end
            }
        }
    }
}
