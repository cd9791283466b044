import GRDB

/// The numbered SQL files of `migrations/`, embedded in the program. Each is applied once, in order, in a transaction of
/// its own.
public enum Migrations: Sendable {
    /// The embedded queue.
    case queue
    /// Results, delivery states, outages and replays.
    case journal
    /// Metric samples.
    case samples

    /// Brings a database up to date.
    ///
    /// - Throws: ``NewerDatabase`` when a newer program has written it, so that nothing is damaged; otherwise `DatabaseError`.
    public func apply(to database: some DatabaseWriter) throws {
        var migrator = DatabaseMigrator()
        for (name, sql) in files {
            migrator.registerMigration(name) { try $0.execute(sql: String(decoding: sql, as: UTF8.self)) }
        }
        if try database.read(migrator.hasBeenSuperseded) {
            throw NewerDatabase(path: database.path)
        }
        try migrator.migrate(database)
    }

    private var files: [(String, [UInt8])] {
        switch self {
        case .queue:
            [
                ("queue_001_tasks", PackageResources.queue_001_tasks_sql),
                ("queue_002_paused", PackageResources.queue_002_paused_sql),
                ("queue_003_lost_leases", PackageResources.queue_003_lost_leases_sql),
            ]
        case .journal:
            [
                ("journal_001_results", PackageResources.journal_001_results_sql),
                ("journal_002_replays", PackageResources.journal_002_replays_sql),
                ("journal_003_topic_steps", PackageResources.journal_003_topic_steps_sql),
                ("journal_004_outages", PackageResources.journal_004_outages_sql),
                ("journal_005_imports", PackageResources.journal_005_imports_sql),
                ("journal_006_metrics_messages", PackageResources.journal_006_metrics_messages_sql),
                ("journal_007_acknowledged", PackageResources.journal_007_acknowledged_sql),
            ]
        case .samples: [("samples_001_samples", PackageResources.samples_001_samples_sql)]
        }
    }
}

/// A database that has migrations which this program does not know.
public struct NewerDatabase: Error, CustomStringConvertible {
    public let path: String

    public var description: String {
        "\(path) was written by a newer rider: use that version, or move the file aside"
    }
}
