import GRDB
import RiderSQLite

extension QueueError {
    /// Says what an error of the store means for the queue.
    init(_ error: any Error, whileTrying action: String, _ path: String) {
        let attempt = "cannot \(action) the queue \(path)"
        switch error {
        case let error as QueueError:
            self = error
        case is NewerDatabase:
            self.init(
                .incompatible,
                "\(attempt): a newer rider has written it; use that version, or move the file aside", underlying: error)
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_FULL:
                self.init(.storageFull, "\(attempt): the disk is full; make room and try again", underlying: error)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                self.init(
                    .corrupt,
                    "\(attempt): the file is damaged; stop rider, keep a copy, and try `sqlite3 \(path) .recover`, "
                        + "or move it aside", underlying: error)
            case .SQLITE_CONSTRAINT:
                self.init(
                    .corrupt,
                    "\(attempt): its tables contradict each other, as after a change by hand; stop rider and move the "
                        + "file aside", underlying: error)
            case .SQLITE_BUSY:
                self.init(
                    .unavailable, "\(attempt): another program keeps it locked; end it and try again",
                    underlying: error)
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                self.init(
                    .unavailable, "\(attempt): check the owner and mode of the file and its folder", underlying: error)
            default:
                self.init(.unavailable, "\(attempt): the disk or the file system refused", underlying: error)
            }
        default:
            self.init(.unavailable, attempt, underlying: error)
        }
    }
}
