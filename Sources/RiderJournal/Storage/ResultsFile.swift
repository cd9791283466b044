import GRDB
import RiderModel
import RiderSQLite

/// The results file, opened for writing.
///
/// `@unchecked Sendable`: after `open` has returned it, only the journal's writer thread touches it.
final class ResultsFile: @unchecked Sendable {
    static let name = "journal.db"
    static let pageSize: Int64 = 4096

    let path: String
    let publisherID: String
    let queue: DatabaseQueue
    /// The quota in pages.
    let maxPages: Int64
    private let log: WriteAheadLog
    /// nil while the file is being closed.
    private var transactions: PreparedTransactions?

    /// The last `seq` given out.
    var lastSeq: Int64
    /// The last number given out per topic.
    var topicNumbers: [Int64]
    /// The stamp of the last row; the next one is not lower, unless the clock is set back.
    var lastRecordedAt: UnixTime
    /// Rows up to here may be missing; above it every number has its row.
    var removedUpTo: Int64
    /// Which rows that were handed off count as delivered.
    var handOffs: HandOffSettling
    /// What the last process left behind.
    let recovery: JournalRecovery
    let unacknowledged: [UnacknowledgedResult]

    static func open(
        directory: String, configuration: JournalConfiguration, now: UnixTime
    ) throws(JournalError) -> (file: ResultsFile, setAside: String?) {
        let path = directory + "/" + name
        return try DatabaseFile.openOrBeginAnew(path, now: now) {
            let queue = try DatabaseFile.openWriter(path, synchronous: "FULL", walBytes: configuration.walBytes)
            try Migrations.journal.apply(to: queue)
            return try ResultsFile(path: path, queue: queue, configuration: configuration, now: now)
        }
    }

    private init(path: String, queue: DatabaseQueue, configuration: JournalConfiguration, now: UnixTime) throws {
        self.path = path
        self.queue = queue
        maxPages = max(64, configuration.maxBytes / Self.pageSize)
        let start = try queue.write { database in try Start(database, at: now) }
        publisherID = start.publisherID
        lastSeq = start.lastSeq
        topicNumbers = start.topicNumbers
        lastRecordedAt = start.lastRecordedAt
        removedUpTo = start.removedUpTo
        handOffs = HandOffSettling(after: configuration.handOffSettles, settledUpTo: start.settledUpTo)
        recovery = start.recovery
        unacknowledged = start.unacknowledged

        let quota = maxPages
        (log, transactions) = try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA max_page_count = \(quota)")
            return (WriteAheadLog(of: database), try PreparedTransactions(of: database))
        }
    }

    deinit {
        transactions = nil
        try? queue.close()
    }

    var pagesInLog: Int { log.pages }
    var walBytes: Int { log.pages * (Int(Self.pageSize) + 24) }

    /// Runs one transaction; on an error nothing of it stays.
    func transaction<Value>(_ work: (Database) throws -> Value) throws -> Value {
        guard let transactions else { preconditionFailure("\(path) is used while it is being closed") }
        return try queue.writeWithoutTransaction { database in try transactions.write { try work(database) } }
    }

    /// Copies the write-ahead log into the file as far as readers allow; the log is then used again from its beginning.
    ///
    /// - Returns: whether everything was copied.
    @discardableResult
    func checkpoint(truncating: Bool = false) -> Bool {
        queue.writeWithoutTransaction { log.checkpoint($0, truncating: truncating) }
    }

    /// Notes which rows that were handed off count as delivered by now.
    func settleHandOffs(now: UInt64) throws {
        var settling = handOffs
        guard let settled = settling.settle(at: now) else { return }
        try transaction { try Self.setMeta($0, "settled_up_to", settled) }
        handOffs = settling
    }

    /// Marks an orderly end: nothing was sent that is not recorded.
    func recordCleanEnd() throws {
        try transaction { database in
            if let settled = handOffs.settleAll() { try Self.setMeta(database, "settled_up_to", settled) }
            try Self.setMeta(database, "clean_end", 1)
        }
    }

    static func setMeta(_ database: Database, _ key: String, _ value: some DatabaseValueConvertible) throws {
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")
            .execute(arguments: [key, value])
    }
}
