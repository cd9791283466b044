import GRDB
import Glibc
import RiderModel

/// Another journal's file, read with patience: what is damaged is passed over, key by key, and counted.
///
/// `@unchecked Sendable`: one thread uses it at a time, the one that copies.
final class SourceFile: @unchecked Sendable {
    /// One piece of the file.
    struct Chunk: Sendable {
        var rows: [SourceRow] = []
        /// Rows that are there and cannot be read, or are not what was written.
        var lost: Int64 = 0
        /// The next chunk begins behind this.
        var through: Int64
    }

    static let chunkRows: Int64 = 256

    let path: String
    /// Names the journal; nil when the file does not tell any more.
    let publisherID: String?
    /// The first and the last row, as far as can be found out; nil when there is none.
    let bounds: ClosedRange<Int64>?
    let queue: DatabaseQueue
    private let hasImports: Bool
    let hasAttempts: Bool

    /// - Parameter path: a journal's folder, or its results file under any name.
    init(_ path: String) throws(JournalError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw JournalError(.notFound, "\(path): \(String(cString: strerror(errno)))")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        let file = isFolder ? path + "/" + ResultsFile.name : path
        self.path = file
        let (queue, facts) = try translatingErrors(while: "reading \(file)") {
            let queue = try DatabaseFile.openReader(file)
            return (queue, try queue.read(Facts.init))
        }
        guard facts.isJournal else {
            throw JournalError(.notFound, "\(file) holds no results of a rider journal")
        }
        self.queue = queue
        publisherID = facts.publisherID
        hasImports = facts.hasImports
        hasAttempts = facts.hasAttempts
        bounds = facts.bounds
    }

    /// What is found out at the beginning, each by itself: any part may be damaged.
    private struct Facts {
        var isJournal = true
        var publisherID: String?
        var bounds: ClosedRange<Int64>?
        var hasImports = false
        var hasAttempts = false

        init(_ database: Database) throws {
            func tables(_ name: String) throws -> Bool {
                try Bool.fetchOne(
                    database, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)",
                    arguments: [name]) ?? false
            }
            isJournal = try tables("result") && tables("body")
            guard isJournal else { return }
            hasImports = try tables("imported")
            hasAttempts = try tables("best_attempt")
            publisherID = try? String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'publisher_id'")
            func number(_ sql: String) -> Int64? { (try? Int64.fetchOne(database, sql: sql)) ?? nil }
            let last = [
                number("SELECT seq FROM sqlite_sequence WHERE name = 'result'"), number("SELECT max(seq) FROM result"),
                number("SELECT max(seq) FROM body"),
            ].compactMap { $0 }.max()
            guard let last, last > 0 else { return }
            let first = [number("SELECT min(seq) FROM result"), number("SELECT min(seq) FROM body")]
            bounds = min(first.compactMap { $0 }.min() ?? 1, last)...last
        }
    }

    /// The rows behind one, as many as a chunk has.
    func chunk(after seq: Int64, through last: Int64) throws(JournalError) -> Chunk {
        let end = min(last, seq + Self.chunkRows)
        do {
            return try queue.read { try read(seq + 1, end, in: $0) }
        } catch let error as DatabaseError where !Self.isFatal(error) {
            var chunk = Chunk(through: end)
            for key in (seq + 1)...end {
                do {
                    let one = try queue.read { try read(key, key, in: $0) }
                    chunk.rows += one.rows
                    chunk.lost += one.lost
                } catch let error as DatabaseError where !Self.isFatal(error) {
                    chunk.lost += 1
                } catch {
                    throw JournalError.translating(error, while: "reading \(path)")
                }
            }
            return chunk
        } catch {
            throw JournalError.translating(error, while: "reading \(path)")
        }
    }

    /// Damage and unreadable blocks are passed over; anything else would repeat with every row.
    private static func isFatal(_ error: DatabaseError) -> Bool {
        !DatabaseFile.meansDamage(error) && error.resultCode != .SQLITE_IOERR
    }

    private func read(_ first: Int64, _ last: Int64, in database: Database) throws -> Chunk {
        var chunk = Chunk(through: last)
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(SourceRow.columns) FROM result r LEFT JOIN body b ON b.seq = r.seq
                    WHERE r.seq BETWEEN ? AND ? ORDER BY r.seq
                    """), arguments: [first, last])
        while let row = try rows.next() {
            if let row = try SourceRow(row) { chunk.rows.append(row) } else { chunk.lost += 1 }
        }
        let superseded = Set(
            try Int64.fetchAll(
                database.cachedStatement(sql: "SELECT seq FROM superseded WHERE seq BETWEEN ? AND ?"),
                arguments: [first, last]))
        let origins = try origins(first, last, in: database)
        for index in chunk.rows.indices {
            chunk.rows[index].isSuperseded = superseded.contains(chunk.rows[index].seq)
            chunk.rows[index].origin = origins[chunk.rows[index].seq]
        }
        return chunk
    }

    private func origins(_ first: Int64, _ last: Int64, in database: Database) throws -> [Int64: RowOrigin] {
        guard hasImports else { return [:] }
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: "SELECT seq, pub, origin_seq, origin_tseq FROM imported WHERE seq BETWEEN ? AND ?"),
            arguments: [first, last])
        return Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0[0], RowOrigin(publisherID: $0[1], seq: $0[2], topicSeq: $0[3]))
            })
    }

    /// What is known of the delivery of a chunk's rows, with what attempts of replays have made better or without.
    ///
    /// A copy knows nothing of what came later: rows that were not sent, or not confirmed, when it was made are uncertain, and
    /// so are those of which the file does not tell any more.
    func states(_ first: Int64, _ last: Int64, withAttempts: Bool) -> [DeliveryRange] {
        var ledger = DeliveryLedger(
            sorted: [DeliveryRange(first: first, last: last, state: .uncertain)], rule: .attempt)
        let tables = [DeliveryTable.firstOutcomes] + (withAttempts && hasAttempts ? [.bestAttempts] : [])
        for table in tables {
            guard let ranges = try? queue.read({ try table.ranges(touching: first, last, in: $0) }) else { continue }
            for range in ranges {
                let part = DeliveryRange(
                    first: max(first, range.first), last: min(last, range.last), state: range.state)
                switch part.state {
                case .brokerConfirmed, .robotAcknowledged: ledger.record(part)
                case .noSubscriber, .expired, .notPublished:
                    // Known, and less than uncertain: said only where no attempt has done better.
                    if table.isFirst { ledger.replace(part) }
                case .handedOff: if isSettled(part, in: table) { ledger.record(part) }
                case .journaled, .uncertain: break
                }
            }
        }
        return ledger.ranges
    }

    private func isSettled(_ range: DeliveryRange, in table: DeliveryTable) -> Bool {
        guard table.isFirst else { return true }
        let settled = try? queue.read {
            try Int64.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'settled_up_to'") ?? 0
        }
        return settled.map { range.last <= $0 } ?? false
    }
}
