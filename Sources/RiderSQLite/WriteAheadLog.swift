import GRDB
import GRDBSQLite

/// How long a connection's write-ahead log has become, and copying it into the database.
///
/// A connection that has one makes no checkpoint by itself: its owner says when there is time for it. Keep it as long as the
/// connection, and on the connection's thread.
public final class WriteAheadLog {
    private let frames: UnsafeMutablePointer<Int32>

    public init(of database: Database) {
        frames = .allocate(capacity: 1)
        frames.initialize(to: 0)
        sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, count in
                context?.assumingMemoryBound(to: Int32.self).pointee = count
                return SQLITE_OK
            }, frames)
    }

    deinit {
        frames.deallocate()
    }

    /// Pages in the log after this connection's last commit, of whoever wrote them; 0 once all have been copied.
    public var pages: Int { Int(frames.pointee) }

    /// Copies the log into the database as far as readers allow; it is then used again from its beginning.
    ///
    /// - Parameter truncating: whether the file is made empty as well.
    /// - Returns: whether everything was copied.
    @discardableResult
    public func checkpoint(_ database: Database, truncating: Bool = false) -> Bool {
        var logged: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(
            database.sqliteConnection, nil, truncating ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
            &logged, &copied)
        guard code == SQLITE_OK, logged == copied else { return false }
        frames.pointee = 0
        return true
    }
}
