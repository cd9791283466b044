import GRDBSQLite

/// What can be bound to a ``PreparedStatement``.
protocol StatementValue {
    /// - Returns: SQLite's result code.
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
}

extension Int64: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self)
    }
}

extension Int: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, Int64(self))
    }
}

extension Bool: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self ? 1 : 0)
    }
}

extension String: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var copy = self
        return copy.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { characters in
                // SQLITE_TRANSIENT is a macro that Swift does not see: SQLite copies the text at once.
                let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
                guard let start = characters.baseAddress else {
                    return sqlite3_bind_text(statement, index, "", 0, transient)
                }
                return sqlite3_bind_text(statement, index, start, Int32(characters.count), transient)
            }
        }
    }
}

extension Optional: StatementValue where Wrapped: StatementValue {
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch self {
        case .some(let value): value.bind(to: statement, at: index)
        case nil: sqlite3_bind_null(statement, index)
        }
    }
}
