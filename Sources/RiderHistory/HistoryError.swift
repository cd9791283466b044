import GRDB
import RiderJournal

/// Metric history could not be read or written.
public struct HistoryError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: String, Sendable { case missing, unavailable, full, damaged, incompatible }
        let kind: Kind

        /// No worker has ever kept metric history here.
        public static let missing = Code(kind: .missing)
        /// The file cannot be reached or used now.
        public static let unavailable = Code(kind: .unavailable)
        /// No room left.
        public static let full = Code(kind: .full)
        public static let damaged = Code(kind: .damaged)
        /// Written by a newer program.
        public static let incompatible = Code(kind: .incompatible)
    }

    public let code: Code
    /// What was tried on what, what came of it, and what to do.
    public let message: String
    public let underlying: (any Error)?

    init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String { underlying.map { "\(message) (\($0))" } ?? message }

    /// - Parameter action: what was tried on what: "reading data/samples.db".
    static func translating(_ error: any Error, while action: String) -> HistoryError {
        switch error {
        case let error as HistoryError: return error
        case let error as JournalError where error.code == .incompatible:
            return HistoryError(.incompatible, error.message, underlying: error.underlying)
        case let error as DatabaseError where error.resultCode == .SQLITE_FULL:
            return HistoryError(
                .full, "\(action) failed: no room left; free disk space or raise metrics.max_bytes", underlying: error)
        case let error where DatabaseFile.meansDamage(error):
            return HistoryError(
                .damaged, "\(action) failed: the file is damaged; a running worker sets it aside and begins anew",
                underlying: error)
        case let error as DamagedBytes:
            return HistoryError(.damaged, "\(action) failed: \(error.reason)")
        default:
            return HistoryError(
                .unavailable, "\(action) failed; check the disk and the permissions of the folder", underlying: error)
        }
    }
}
