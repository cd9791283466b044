import GRDB
import GRDBSQLite

/// One SQL statement, prepared once and run many times with values bound by position.
///
/// GRDB's own statements carry their arguments and rows in collections of boxed values, which costs more than SQLite's work on
/// the small rows of a queue. Like the connection, a statement is used from one thread at a time.
final class PreparedStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let sql: String

    init(_ sql: String, on connection: OpaquePointer) throws {
        var handle: OpaquePointer?
        let code = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle else { throw Self.error(code, sql, connection) }
        self.handle = handle
        self.connection = connection
        self.sql = sql
    }

    deinit {
        sqlite3_finalize(handle)
    }

    // MARK: - Changes

    /// Runs a statement that gives no rows.
    ///
    /// - Returns: how many rows it changed.
    @discardableResult
    func run<each Value: StatementValue>(_ values: repeat each Value) throws -> Int {
        try bind(repeat each values)
        return try finish()
    }

    /// The same with a blob as the last value, which is not copied.
    @discardableResult
    func run<each Value: StatementValue>(_ values: repeat each Value, blob: [UInt8]) throws -> Int {
        let index = try bind(repeat each values) + 1
        return try blob.withUnsafeBytes { bytes in
            defer { sqlite3_bind_null(handle, index) }
            // A null pointer would be bound as NULL.
            if let start = bytes.baseAddress, !bytes.isEmpty {
                try check(sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil))
            } else {
                try check(sqlite3_bind_zeroblob(handle, index, 0))
            }
            return try finish()
        }
    }

    /// The primary key of the last row that was inserted on this connection.
    var lastPosition: Int64 { sqlite3_last_insert_rowid(connection) }

    private func finish() throws -> Int {
        defer { sqlite3_reset(handle) }
        while try step() {}
        return Int(sqlite3_changes(connection))
    }

    // MARK: - Rows

    /// Binds the values of a query; ``step()`` gives its rows.
    func start<each Value: StatementValue>(_ values: repeat each Value) throws {
        try bind(repeat each values)
    }

    /// - Returns: false after the last row.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw Self.error(code, sql, connection)
        }
    }

    /// Ends a query; it must come before the rows it read are changed.
    func reset() {
        sqlite3_reset(handle)
    }

    /// Runs a query and hands over each row while it is the current one.
    func rows<each Value: StatementValue>(
        _ values: repeat each Value, read: (PreparedStatement) throws -> Void
    ) throws {
        try bind(repeat each values)
        defer { sqlite3_reset(handle) }
        while try step() { try read(self) }
    }

    /// The first row of a query, or nil.
    func first<Success, each Value: StatementValue>(
        _ values: repeat each Value, read: (PreparedStatement) throws -> Success
    ) throws -> Success? {
        try bind(repeat each values)
        defer { sqlite3_reset(handle) }
        return try step() ? read(self) : nil
    }

    /// True when a query has a row.
    func hasRow<each Value: StatementValue>(_ values: repeat each Value) throws -> Bool {
        try first(repeat each values) { _ in true } ?? false
    }

    func integer(_ column: Int32) -> Int64 {
        sqlite3_column_int64(handle, column)
    }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : sqlite3_column_int64(handle, column)
    }

    func text(_ column: Int32) -> String {
        optionalText(column) ?? ""
    }

    func optionalText(_ column: Int32) -> String? {
        sqlite3_column_text(handle, column).map { String(cString: $0) }
    }

    /// A blob of the current row, copied once.
    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return [UInt8](UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    // MARK: - Binding

    /// - Returns: how many values were bound.
    @discardableResult
    private func bind<each Value: StatementValue>(_ values: repeat each Value) throws -> Int32 {
        sqlite3_reset(handle)
        var index: Int32 = 0
        for value in repeat each values {
            index += 1
            try check(value.bind(to: handle, at: index))
        }
        return index
    }

    private func check(_ code: Int32) throws {
        if code != SQLITE_OK { throw Self.error(code, sql, connection) }
    }

    private static func error(_ code: Int32, _ sql: String, _ connection: OpaquePointer) -> DatabaseError {
        // The extended code tells a full disk from a broken one.
        let extended = sqlite3_extended_errcode(connection)
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended & 0xFF == code & 0xFF ? extended : code),
            message: String(cString: sqlite3_errmsg(connection)), sql: sql)
    }
}
