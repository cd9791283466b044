import GRDB

/// The journal could not do what was asked.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: String, Sendable {
            case locked, tooLarge, storageFull, unavailable, corrupt, incompatible, closed, cancelled, notFound,
                conflict
        }
        let kind: Kind

        /// Another process writes this journal.
        public static let locked = Code(kind: .locked)
        /// A body is beyond the limit.
        public static let tooLarge = Code(kind: .tooLarge)
        /// Neither removing old results nor the reserve made room.
        public static let storageFull = Code(kind: .storageFull)
        /// The files cannot be reached or used now.
        public static let unavailable = Code(kind: .unavailable)
        /// Damaged while in use: the next start sets the file aside.
        public static let corrupt = Code(kind: .corrupt)
        /// Written by a newer program.
        public static let incompatible = Code(kind: .incompatible)
        /// The journal has ended.
        public static let closed = Code(kind: .closed)
        /// The appending task was cancelled while it waited for room; nothing of it was written.
        public static let cancelled = Code(kind: .cancelled)
        /// What was asked for is not in the journal.
        public static let notFound = Code(kind: .notFound)
        /// Not in this state: a replay that runs cannot be resumed.
        public static let conflict = Code(kind: .conflict)
    }

    public let code: Code
    /// What was tried on what, what came of it, and what to do.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String {
        underlying.map { "\(message) (\($0))" } ?? message
    }
}

extension JournalError {
    /// - Parameter action: what was tried on what, as the beginning of a sentence: "reading data/journal.db".
    package static func translating(_ error: any Error, while action: String) -> JournalError {
        switch error {
        case let error as JournalError:
            return error
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL:
                return JournalError(
                    .storageFull, "\(action) failed: no room left; free disk space or raise journal.max_bytes",
                    underlying: error)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                return JournalError(
                    .corrupt,
                    "\(action) failed: the file is damaged; restart the worker, which sets it aside and begins anew",
                    underlying: error)
            case .SQLITE_CANTOPEN, .SQLITE_READONLY:
                return JournalError(
                    .unavailable,
                    "\(action) failed: the file cannot be opened here; check that this user may use it, or "
                        + "copy it with its -wal file to a writable folder and read the copy",
                    underlying: error)
            default:
                return JournalError(
                    .unavailable, "\(action) failed; check the disk and the permissions of the folder",
                    underlying: error)
            }
        default:
            return JournalError(.unavailable, "\(action) failed", underlying: error)
        }
    }
}

/// Runs database work and turns whatever it throws into a ``JournalError``.
package func translatingErrors<Value>(
    while action: @autoclosure () -> String, _ work: () throws -> Value
) throws(JournalError) -> Value {
    do {
        return try work()
    } catch {
        throw JournalError.translating(error, while: action())
    }
}
