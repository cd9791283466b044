import GRDB
import Testing

@testable import RiderSQLite

struct PreparedTransactionsTests {
    private struct Failure: Error {}

    private func withTable(_ body: (Database, PreparedTransactions) throws -> Void) throws {
        try DatabaseQueue().writeWithoutTransaction { database in
            try database.execute(sql: "CREATE TABLE number (value INTEGER UNIQUE)")
            try body(database, try PreparedTransactions(of: database))
        }
    }

    private func insert(_ value: Int, _ conflict: String = "ABORT", in database: Database) throws {
        try database.execute(sql: "INSERT OR \(conflict) INTO number VALUES (?)", arguments: [value])
    }

    private func failure(of work: () throws -> Void) -> (any Error)? {
        do {
            try work()
            return nil
        } catch {
            return error
        }
    }

    private func numbers(_ database: Database) throws -> [Int] {
        try Int.fetchAll(database, sql: "SELECT value FROM number ORDER BY value")
    }

    @Test func whatWasWrittenStaysAndTheValueComesBack() throws {
        try withTable { database, transactions in
            for value in 1...3 {
                let last = try transactions.write {
                    try insert(value, in: database)
                    return value
                }
                #expect(last == value && !database.isInsideTransaction)
            }
            #expect(try transactions.read { try numbers(database) } == [1, 2, 3])
        }
    }

    @Test func ofWorkThatFailsNothingStays() throws {
        try withTable { database, transactions in
            let error = failure {
                try transactions.write {
                    try insert(1, in: database)
                    throw Failure()
                }
            }
            #expect(error is Failure)
            #expect(!database.isInsideTransaction)
            try transactions.write { try insert(2, in: database) }
            #expect(try numbers(database) == [2])
        }
    }

    @Test func workThatSQLiteItselfHasRolledBackFailsAsItDid() throws {
        try withTable { database, transactions in
            try transactions.write { try insert(1, in: database) }
            let error = failure {
                try transactions.write {
                    try insert(2, in: database)
                    try insert(1, "ROLLBACK", in: database)
                }
            }
            #expect((error as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT)
            #expect(!database.isInsideTransaction)
            #expect(try numbers(database) == [1])
        }
    }

    @Test func aTransactionWithinOneIsRefusedAndEndsNeither() throws {
        try withTable { database, transactions in
            try transactions.write {
                try insert(1, in: database)
                let error = failure { try transactions.write { try insert(2, in: database) } }
                #expect(error is DatabaseError)
                #expect(database.isInsideTransaction)
            }
            #expect(try numbers(database) == [1])
        }
    }
}
