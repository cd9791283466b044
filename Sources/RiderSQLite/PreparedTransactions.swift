import GRDB
import GRDBSQLite

/// Begins and ends the transactions of one connection with statements that are compiled once.
///
/// GRDB compiles them each time, for which SQLite has to bring its whole compiler into the processor's caches: in a small transaction
/// that happens now and then, as much as the rest.
///
/// Use it on the connection's thread, and let go of it before the connection is closed.
public final class PreparedTransactions {
    private let database: Database
    private let beginWriting: Statement
    private let beginReading: Statement
    private let commit: Statement
    private let rollback: Statement

    /// - Throws: `DatabaseError`.
    public init(of database: Database) throws {
        self.database = database
        beginWriting = try database.makeStatement(sql: "BEGIN IMMEDIATE")
        beginReading = try database.makeStatement(sql: "BEGIN DEFERRED")
        commit = try database.makeStatement(sql: "COMMIT")
        rollback = try database.makeStatement(sql: "ROLLBACK")
    }

    /// Runs work that may write; on an error nothing of it stays.
    ///
    /// - Throws: what `work` throws, or `DatabaseError`.
    public func write<Value>(_ work: () throws -> Value) throws -> Value {
        try run(beginWriting, work)
    }

    /// Runs several queries that see the same state, while other connections may write.
    public func read<Value>(_ work: () throws -> Value) throws -> Value {
        try run(beginReading, work)
    }

    private func run<Value>(_ begin: Statement, _ work: () throws -> Value) throws -> Value {
        try step(begin)
        do {
            let value = try work()
            try step(commit)
            return value
        } catch {
            // After some failures, a full disk for one, SQLite has done it already.
            if database.isInsideTransaction { try? step(rollback) }
            throw error
        }
    }

    /// Past what GRDB does around a statement: it tells observers, of which there are none.
    private func step(_ statement: Statement) throws {
        defer { sqlite3_reset(statement.sqliteStatement) }
        let code = sqlite3_step(statement.sqliteStatement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: database.sqliteConnection.map { String(cString: sqlite3_errmsg($0)) })
        }
    }
}
