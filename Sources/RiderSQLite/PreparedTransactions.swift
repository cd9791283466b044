import GRDB
import GRDBSQLite

/// Begins and ends the transactions of one connection with statements that are compiled once.
///
/// GRDB compiles them each time, for which SQLite has to bring its whole compiler into the processor's caches: in a small transaction
/// that happens now and then, as much as the rest.
///
/// Use it on the connection's thread, and let go of it before the connection is closed.
public final class PreparedTransactions {
    private let connection: OpaquePointer
    private let beginWriting: OpaquePointer
    private let beginReading: OpaquePointer
    private let commit: OpaquePointer
    private let rollback: OpaquePointer

    /// - Throws: `DatabaseError`.
    public init(of database: Database) throws {
        guard let connection = database.sqliteConnection else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the connection is closed")
        }
        func prepare(_ sql: String) throws -> OpaquePointer {
            var statement: OpaquePointer?
            let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
            guard code == SQLITE_OK, let statement else { throw Self.error(code, connection) }
            return statement
        }
        self.connection = connection
        beginWriting = try prepare("BEGIN IMMEDIATE")
        beginReading = try prepare("BEGIN DEFERRED")
        commit = try prepare("COMMIT")
        rollback = try prepare("ROLLBACK")
    }

    deinit {
        for statement in [beginWriting, beginReading, commit, rollback] { sqlite3_finalize(statement) }
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

    private func run<Value>(_ begin: OpaquePointer, _ work: () throws -> Value) throws -> Value {
        try step(begin)
        do {
            let value = try work()
            try step(commit)
            return value
        } catch {
            // After some failures, a full disk for one, SQLite has done it already.
            if sqlite3_get_autocommit(connection) == 0 { try? step(rollback) }
            throw error
        }
    }

    private func step(_ statement: OpaquePointer) throws {
        defer { sqlite3_reset(statement) }
        let code = sqlite3_step(statement)
        if code != SQLITE_DONE { throw Self.error(code, connection) }
    }

    private static func error(_ code: Int32, _ connection: OpaquePointer) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
    }
}
