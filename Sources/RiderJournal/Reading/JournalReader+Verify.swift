import FoundationEssentials
import GRDB
import RiderModel

extension JournalReader {
    /// Looks for damage: SQLite's own check, every body against its checksum, the numbers of each topic, and the runs of
    /// delivery states. Changes nothing.
    ///
    /// SQLite's check is one long read: beside a busy worker the write-ahead log grows while it lasts.
    ///
    /// - Parameters:
    ///   - maxFindings: stops there. Default 1,000.
    ///   - progress: called after each chunk, on the reader's thread.
    /// - Throws: ``JournalError`` when the file cannot be read at all; `cancelled` when the task is cancelled.
    public func verify(
        maxFindings: Int = 1_000, progress: @Sendable (JournalVerificationProgress) -> Void = { _ in }
    ) throws(JournalError) -> [JournalFinding] {
        var verification = Verification(maxFindings: maxFindings)
        var phase = JournalVerificationProgress.Phase.structure
        while true {
            if Task.isCancelled { throw JournalError(.cancelled, "checking the journal was cancelled") }
            progress(
                .init(
                    phase: phase, rowsChecked: verification.rowsChecked, rowsTotal: verification.rowsTotal,
                    findings: verification.findings.count))
            if verification.isFull { return verification.findings }
            switch phase {
            case .structure:
                try read { try verification.checkStructure($0) }
                phase = .rows
            case .rows:
                if try read({ try verification.checkRows($0, count: Self.chunkRows) }) == 0 { phase = .delivery }
            case .delivery:
                if try read({ try verification.checkDelivery($0, count: Self.chunkRows) }) == 0 { phase = .done }
            case .done:
                return verification.findings
            }
        }
    }
}

/// A verification on its way; each call looks at one chunk.
private struct Verification {
    let maxFindings: Int
    var findings: [JournalFinding] = []
    var rowsChecked: Int64 = 0
    var rowsTotal: Int64 = 0
    private var lastSeq: Int64 = 0
    private var lastRun: DeliveryRange?
    /// The last row seen of each topic.
    private var lastOfTopic: [Int: (seq: Int64, number: Int64)] = [:]

    init(maxFindings: Int) {
        self.maxFindings = maxFindings
    }

    var isFull: Bool { findings.count >= maxFindings }

    private mutating func add(_ kind: JournalFinding.Kind, _ seq: Int64?, _ message: String) {
        findings.append(JournalFinding(kind: kind, seq: seq, message: message))
    }

    mutating func checkStructure(_ database: Database) throws {
        do {
            for message in try String.fetchAll(database, sql: "PRAGMA integrity_check(\(maxFindings))")
            where message != "ok" { add(.structure, nil, message) }
        } catch let error as DatabaseError where DatabaseFile.meansDamage(error) {
            add(.structure, nil, error.message ?? "the file is damaged")
        }
        rowsTotal = try Int64.fetchOne(database, sql: "SELECT max(seq) - min(seq) + 1 FROM result") ?? 0
    }

    /// - Returns: how many rows were looked at; 0 at the end.
    mutating func checkRows(_ database: Database, count: Int64) throws -> Int64 {
        let removedUpTo = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'removed_up_to'") ?? 0
        let bodilessMetricsUpTo =
            try Int64.fetchOne(
                database, sql: "SELECT value FROM meta WHERE key = ?",
                arguments: [ResultsFile.metricsBodiesRemovedUpTo]) ?? 0
        // Both ways, so that a body without its facts is found as well.
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT s.seq, r.topic, r.tseq, b.checksum, b.bytes, i.seq FROM (
                        SELECT seq FROM (SELECT seq FROM result WHERE seq > ?1 ORDER BY seq LIMIT ?2)
                        UNION SELECT seq FROM (SELECT seq FROM body WHERE seq > ?1 ORDER BY seq LIMIT ?2)
                        ORDER BY seq LIMIT ?2) s
                    LEFT JOIN result r ON r.seq = s.seq LEFT JOIN body b ON b.seq = s.seq
                    LEFT JOIN imported i ON i.seq = s.seq ORDER BY s.seq
                    """), arguments: [lastSeq, count])
        var checked: Int64 = 0
        while !isFull, let row = try rows.next() {
            let seq: Int64 = row[0]
            checked += 1
            if let topic = row[1] as Int? {
                rowsChecked += 1
                // Rows of another journal have no number of a topic here.
                if row[5] as Int64? == nil {
                    checkNumber(seq: seq, topic: topic, number: row[2], removedUpTo: removedUpTo)
                }
            } else {
                add(.missingResult, seq, "row \(seq) has a body but no facts")
            }
            if let checksum = row[3] as Int64? {
                let found = try row.withUnsafeData(atIndex: 4) { data in
                    data?.withUnsafeBytes { Checksum.of($0) } ?? [UInt8]().withUnsafeBytes { Checksum.of($0) }
                }
                if found != UInt64(bitPattern: checksum) {
                    add(.checksum, seq, "the body of row \(seq) is not what was written")
                }
            } else if row[1] != TelemetryTopic.metrics.rawValue || seq > bodilessMetricsUpTo {
                add(.missingBody, seq, "row \(seq) has no body")
            }
            lastSeq = seq
        }
        return checked
    }

    /// Between rows that were removed to make room only the order counts; elsewhere no number may be missing.
    private mutating func checkNumber(seq: Int64, topic: Int, number: Int64, removedUpTo: Int64) {
        defer { lastOfTopic[topic] = (seq, number) }
        let name = TelemetryTopic(rawValue: topic)?.name ?? "topic \(topic)"
        guard let last = lastOfTopic[topic] else {
            if removedUpTo == 0, number != 1 {
                add(.topicNumber, seq, "the first row of \(name) has number \(number), not 1")
            }
            return
        }
        if number <= last.number {
            add(.topicNumber, seq, "row \(seq) of \(name) has number \(number) after \(last.number)")
        } else if last.seq >= removedUpTo, number != last.number + 1 {
            add(.topicNumber, seq, "\(name) lacks the numbers between \(last.number) and \(number), before row \(seq)")
        }
    }

    /// - Returns: how many runs were looked at; 0 at the end.
    mutating func checkDelivery(_ database: Database, count: Int64) throws -> Int64 {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT first, last, state FROM delivery WHERE first > ? ORDER BY first LIMIT ?"),
            arguments: [lastRun?.first ?? Int64.min, count])
        let given = try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'result'") ?? 0
        var checked: Int64 = 0
        while !isFull, let row = try rows.next() {
            checked += 1
            let run = DeliveryTable.range(row)
            let shown = "the run \(run.first)…\(run.last)"
            if DeliveryState(rawValue: row[2]) == nil {
                add(.deliveryRange, run.first, "\(shown) has an unknown state")
            }
            if run.first > run.last { add(.deliveryRange, run.first, "\(shown) is reversed") }
            if run.last > given { add(.deliveryRange, run.first, "\(shown) goes beyond the last row, \(given)") }
            if let last = lastRun, run.first <= last.last {
                add(.deliveryRange, run.first, "\(shown) overlaps \(last.first)…\(last.last)")
            }
            lastRun = run
        }
        return checked
    }
}
