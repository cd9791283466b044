import GRDB
import RiderModel
import RiderSQLite

/// Every statement of the embedded queue, prepared when it is opened.
final class QueueStatements {
    let transactions: PreparedTransactions

    // Tasks
    let insertTask, deleteTask, findTask, taskID, taskPlace: PreparedStatement

    // Waiting tasks
    let insertReady, deleteReady, deleteReadyThrough, anyReady, oldestReady: PreparedStatement
    /// Waiting tasks in the order of claims, one statement per stream, because a claim reads all of them side by side.
    let heads: [ReadyStream: PreparedStatement]
    /// Of one level alone, for when aging mixes the levels.
    let leaseLevelThrough, deleteLevelThrough: PreparedStatement
    let insertSuperseded, deleteSuperseded, supersededOfType, anySuperseded: PreparedStatement

    // Leases
    let insertLease, leaseReadyThrough, deleteLease, releaseLease, extendLease: PreparedStatement
    let endedLeases, leasesOfOwner, firstLeaseEnd: PreparedStatement

    // Leases that ended without an acknowledgement
    let insertLostLease, isLostLease, trimLostLeases: PreparedStatement

    // Domains from which nothing is claimed
    let pause, resume, paused: PreparedStatement

    // Tasks that wait for their next try
    let insertDelayed, deleteDelayed, dueTasks, firstDue: PreparedStatement

    // Dead letters
    let buryTask, buryBytes, trimDead, listDead, deadIDs, findDead, deleteDead: PreparedStatement

    // Counts
    let changeLevel, insertLevel, waitingOfType, levels, changeTotal, totals, oldestWaiting: PreparedStatement

    // For people
    let listWaiting, listSuperseded, listLeased, listDelayed: PreparedStatement
    /// In this order they empty the queue of all that is not leased.
    let clear: [PreparedStatement]

    /// - Parameter aging: whether tasks rise while they wait.
    init(_ database: Database, aging: Bool) throws {
        guard let connection = database.sqliteConnection else {
            throw DatabaseError(resultCode: .SQLITE_MISUSE, message: "the connection is closed")
        }
        func prepare(_ sql: String) throws -> PreparedStatement {
            try PreparedStatement(sql, on: connection)
        }

        transactions = try PreparedTransactions(of: database)
        insertTask = try prepare(
            """
            INSERT INTO task (task_id, type, priority, enqueued_at, deadline, envelope) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (task_id) DO NOTHING
            """)
        deleteTask = try prepare("DELETE FROM task WHERE position = ?")
        findTask = try prepare("SELECT 1 FROM task WHERE task_id = ?")
        taskID = try prepare("SELECT task_id FROM task WHERE position = ?")
        taskPlace = try prepare("SELECT type, priority FROM task WHERE position = ?")

        insertReady = try prepare("INSERT INTO ready (type, priority, position, attempts) VALUES (?, ?, ?, ?)")
        deleteReady = try prepare("DELETE FROM ready WHERE type = ? AND priority = ? AND position = ?")
        deleteReadyThrough = try prepare("DELETE FROM ready WHERE type = ? AND (priority, position) <= (?, ?)")
        anyReady = try prepare("SELECT 1 FROM ready WHERE type = ? LIMIT 1")
        oldestReady = try prepare(
            "SELECT priority, position, attempts FROM ready WHERE type = ? ORDER BY position LIMIT ?")
        var heads: [ReadyStream: PreparedStatement] = [:]
        for stream in ReadyStream.all(aging: aging) {
            let level = stream.level.map { "AND r.priority = \($0.rawValue)" } ?? ""
            heads[stream] = try prepare(
                """
                SELECT r.priority, r.position, r.attempts, t.enqueued_at, t.deadline, t.envelope, t.task_id
                FROM ready AS r CROSS JOIN task AS t ON t.position = r.position
                WHERE r.type = ? \(level) ORDER BY r.priority, r.position
                """)
        }
        self.heads = heads
        leaseLevelThrough = try prepare(
            """
            INSERT INTO leased (position, attempt, owner, ends_at, superseded)
            SELECT position, attempts + 1, ?, ?, 0 FROM ready WHERE type = ? AND priority = ? AND position <= ?
            """)
        deleteLevelThrough = try prepare("DELETE FROM ready WHERE type = ? AND priority = ? AND position <= ?")
        insertSuperseded = try prepare("INSERT INTO superseded (type, position, attempts) VALUES (?, ?, ?)")
        deleteSuperseded = try prepare("DELETE FROM superseded WHERE type = ? AND position = ?")
        supersededOfType = try prepare(
            """
            SELECT s.position, s.attempts, t.enqueued_at, t.deadline, t.envelope
            FROM superseded AS s CROSS JOIN task AS t ON t.position = s.position
            WHERE s.type = ? ORDER BY s.position LIMIT ?
            """)
        anySuperseded = try prepare("SELECT 1 FROM superseded WHERE type = ? LIMIT 1")

        insertLease = try prepare(
            "INSERT INTO leased (position, attempt, owner, ends_at, superseded) VALUES (?, ?, ?, ?, ?)")
        leaseReadyThrough = try prepare(
            """
            INSERT INTO leased (position, attempt, owner, ends_at, superseded)
            SELECT position, attempts + 1, ?, ?, 0 FROM ready WHERE type = ? AND (priority, position) <= (?, ?)
            """)
        deleteLease = try prepare("DELETE FROM leased WHERE position = ?")
        releaseLease = try prepare(
            "DELETE FROM leased WHERE position = ? AND attempt = ? AND owner = ? RETURNING superseded")
        extendLease = try prepare(
            "UPDATE leased SET ends_at = ? WHERE position = ? AND attempt = ? AND owner = ?")
        endedLeases = try prepare(
            "SELECT position, attempt, owner, superseded FROM leased WHERE ends_at <= ? ORDER BY ends_at LIMIT ?")
        leasesOfOwner = try prepare("SELECT position, attempt, owner, superseded FROM leased WHERE owner = ?")
        firstLeaseEnd = try prepare("SELECT min(ends_at) FROM leased")

        insertLostLease = try prepare(
            "INSERT OR REPLACE INTO lost_lease (owner, position, attempt, ended_at) VALUES (?, ?, ?, ?)")
        isLostLease = try prepare("SELECT 1 FROM lost_lease WHERE owner = ? AND position = ? AND attempt = ?")
        trimLostLeases = try prepare(
            """
            DELETE FROM lost_lease WHERE ended_at < ?1 OR (owner = ?2 AND position <
                (SELECT position FROM lost_lease WHERE owner = ?2 ORDER BY position DESC LIMIT 1 OFFSET ?3))
            """)

        pause = try prepare("INSERT OR IGNORE INTO paused (domain) VALUES (?)")
        resume = try prepare("DELETE FROM paused WHERE domain = ?")
        paused = try prepare("SELECT domain FROM paused")

        insertDelayed = try prepare("INSERT INTO delayed (position, attempts, due) VALUES (?, ?, ?)")
        deleteDelayed = try prepare("DELETE FROM delayed WHERE position = ?")
        dueTasks = try prepare("SELECT position, attempts FROM delayed WHERE due <= ? ORDER BY due LIMIT ?")
        firstDue = try prepare("SELECT min(due) FROM delayed")

        buryTask = try prepare(
            """
            INSERT INTO dead_letter (died_at, reason, task_id, envelope)
            SELECT ?, ?, task_id, envelope FROM task WHERE position = ?
            """)
        buryBytes = try prepare("INSERT INTO dead_letter (died_at, reason, task_id, envelope) VALUES (?, ?, ?, ?)")
        trimDead = try prepare(
            "DELETE FROM dead_letter WHERE id IN (SELECT id FROM dead_letter ORDER BY id LIMIT ?)")
        listDead = try prepare(
            "SELECT id, died_at, reason, task_id, envelope FROM dead_letter ORDER BY id DESC LIMIT ?")
        deadIDs = try prepare("SELECT id FROM dead_letter ORDER BY id")
        findDead = try prepare("SELECT envelope FROM dead_letter WHERE id = ?")
        deleteDead = try prepare("DELETE FROM dead_letter WHERE id = ?")

        changeLevel = try prepare("UPDATE level SET waiting = waiting + ? WHERE type = ? AND priority = ?")
        insertLevel = try prepare("INSERT INTO level (waiting, type, priority) VALUES (?, ?, ?)")
        waitingOfType = try prepare("SELECT coalesce(sum(waiting), 0) FROM level WHERE type = ?")
        levels = try prepare("SELECT priority, sum(waiting) FROM level WHERE waiting > 0 GROUP BY priority")
        changeTotal = try prepare("UPDATE total SET tasks = tasks + ? WHERE state = ?")
        totals = try prepare("SELECT state, tasks FROM total")
        oldestWaiting = try prepare(
            """
            SELECT min(t.enqueued_at) FROM level AS l CROSS JOIN task AS t ON t.position =
                (SELECT min(r.position) FROM ready AS r WHERE r.type = l.type AND r.priority = l.priority)
            WHERE l.waiting > 0
            """)

        // Columns as ``QueueDatabase/list(limit:)`` reads them; length() of a blob does not read it.
        func prepareList(_ columns: String, _ rows: String) throws -> PreparedStatement {
            try prepare(
                """
                SELECT t.task_id, t.type, t.priority, t.enqueued_at, length(t.envelope), \(columns)
                FROM (\(rows) LIMIT ?) AS s CROSS JOIN task AS t ON t.position = s.position
                """)
        }
        listWaiting = try prepareList(
            "s.attempts, NULL, NULL", "SELECT * FROM ready ORDER BY priority, position")
        listSuperseded = try prepareList("s.attempts, NULL, NULL", "SELECT * FROM superseded ORDER BY position")
        listLeased = try prepareList("s.attempt, s.owner, s.ends_at", "SELECT * FROM leased ORDER BY position")
        listDelayed = try prepareList("s.attempts, NULL, s.due", "SELECT * FROM delayed ORDER BY due")
        clear = try [
            "DELETE FROM task WHERE position NOT IN (SELECT position FROM leased)",
            "DELETE FROM ready", "DELETE FROM superseded", "DELETE FROM delayed", "DELETE FROM level",
            "UPDATE total SET tasks = 0 WHERE state IN ('superseded', 'delayed')",
        ].map(prepare)
    }
}
