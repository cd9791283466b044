import GRDB
import GRDBSQLite
import RiderModel
import RiderSQLite

/// The file of the embedded queue: one connection, one thread, and one transaction per step.
///
/// What the steps do is in the extensions of this class, one per subject.
final class QueueDatabase {
    let configuration: QueueConfiguration
    let owner: String
    private let path: String
    private let lock: WriteLock
    let connection: DatabaseQueue
    private let log: WriteAheadLog
    private var prepared: QueueStatements?
    /// What `PRAGMA synchronous` was last set to.
    private var isSynchronousFull = false

    var statements: QueueStatements {
        guard let prepared else { preconditionFailure("\(path) is used while it is being closed") }
        return prepared
    }

    /// Opens the file, and makes it (0600) and its folder (0700) when they are not there.
    init(path: QueuePath, owner: String, configuration: QueueConfiguration) throws {
        self.path = path.database
        self.owner = owner
        self.configuration = configuration
        try path.prepare()
        let lock = try WriteLock(path: path.lock)
        self.lock = lock
        (connection, prepared, log) = try lock.hold {
            var options = Configuration()
            options.label = "queue"
            options.journalMode = .wal
            // Writers of this program take turns by the lock; this is for people with sqlite3.
            options.busyMode = .timeout(10)
            options.prepareDatabase { database in
                // Debian's SQLite overwrites what it deletes, which would write every frame twice.
                try database.execute(sql: "PRAGMA secure_delete = OFF")
                try database.execute(sql: "PRAGMA cache_size = -8192")
                // After a burst the write-ahead log is cut back to this.
                try database.execute(sql: "PRAGMA journal_size_limit = 33554432")
            }
            let connection = try DatabaseQueue(path: path.database, configuration: options)
            try Migrations.queue.apply(to: connection)
            return try connection.writeWithoutTransaction {
                (connection, try QueueStatements($0, aging: configuration.aging > .zero), WriteAheadLog(of: $0))
            }
        }
    }

    deinit {
        // The last connection to close checkpoints, which is writing. Should the lock be stuck, the kernel closes the file:
        // all that was committed is in the log.
        try? lock.hold {
            prepared = nil
            try connection.close()
        }
    }

    // MARK: - Transactions

    /// One writing step.
    ///
    /// - Parameter durable: the commit, and with it every earlier one, reaches the disk before this returns.
    func write<Success>(durable: Bool = false, _ body: (inout Tally) throws -> Success) throws -> Success {
        try lock.hold {
            try connection.writeWithoutTransaction { database in
                try setSynchronous(full: durable, database)
                let success = try statements.transactions.write {
                    var tally = Tally()
                    let success = try body(&tally)
                    try apply(tally)
                    return success
                }
                if log.pages >= Self.longestLog { log.checkpoint(database) }
                return success
            }
        }
    }

    private func setSynchronous(full: Bool, _ database: Database) throws {
        guard full != isSynchronousFull else { return }
        // Carried out while it is being compiled, so it is compiled each time, without what GRDB does around that.
        let code = sqlite3_exec(
            database.sqliteConnection, full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", nil, nil, nil
        )
        guard code == SQLITE_OK else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "synchronous was not set")
        }
        isSynchronousFull = full
    }

    /// Pages of the write-ahead log at which a step copies them into the file and so takes longer: 8 MiB.
    private static let longestLog = 2000
    /// Pages that are worth copying when nobody waits for it: 1 MiB, the work of a millisecond. Without it, one frame in a hundred is
    /// put in behind the copying of all of them, which takes eight.
    private static let worthwhileLog = 250

    /// To be called when there is nothing else to do: copies the write-ahead log into the file before a step has to.
    func rest() throws {
        guard log.pages >= Self.worthwhileLog else { return }
        try lock.hold { _ = connection.writeWithoutTransaction { log.checkpoint($0) } }
    }

    /// Several queries that see the same state of the queue. Other processes may write meanwhile.
    func read<Success>(_ body: () throws -> Success) throws -> Success {
        try connection.writeWithoutTransaction { _ in try statements.transactions.read(body) }
    }

    // MARK: - Counts

    private func apply(_ tally: Tally) throws {
        for (level, change) in tally.waiting where change != 0 {
            if try statements.changeLevel.run(change, level.type, level.priority) == 0 {
                try statements.insertLevel.run(change, level.type, level.priority)
            }
        }
        for (state, change) in [
            ("leased", tally.leased), ("delayed", tally.delayed), ("superseded", tally.superseded),
            ("dead", tally.dead),
        ] where change != 0 {
            try statements.changeTotal.run(change, state)
        }
    }

    struct Totals {
        var waiting: [Int: Int] = [:]
        var leased = 0
        var delayed = 0
        var superseded = 0
        var dead = 0

        /// What counts against the limit of the queue.
        var size: Int { waiting.values.reduce(0, +) + leased + delayed + superseded }
    }

    /// The counts as of the last commit; they cost the same whatever the backlog.
    func totals() throws -> Totals {
        var totals = Totals()
        try statements.levels.rows { totals.waiting[Int($0.integer(0))] = Int($0.integer(1)) }
        try statements.totals.rows { row in
            let count = Int(row.integer(1))
            switch row.text(0) {
            case "leased": totals.leased = count
            case "delayed": totals.delayed = count
            case "superseded": totals.superseded = count
            default: totals.dead = count
            }
        }
        return totals
    }
}
