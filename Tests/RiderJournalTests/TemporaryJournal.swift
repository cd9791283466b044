import FoundationEssentials
import GRDB
import Logging
import Metrics
import RiderModel
import Synchronization
import TestSupport

@testable import RiderJournal

/// A folder of its own for each test, and journals in it.
final class TemporaryJournal: Sendable {
    let directory: String
    let counts = CountingMetrics()

    convenience init() {
        let parent = FileManager.default.temporaryDirectory.path
        self.init(directory: "\(parent)/rider-journal-\(UUID().uuidString)")
    }

    init(directory: String) {
        self.directory = directory
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var resultsPath: String { directory + "/journal.db" }

    static var configuration: JournalConfiguration {
        var configuration = JournalConfiguration()
        configuration.walBytes = 256 << 10
        // Entries of tests are stamped in 1970.
        configuration.retention = .seconds(100 * 366 * 86_400)
        configuration.metricsMessageRetention = configuration.retention
        return configuration
    }

    func open(
        _ configuration: JournalConfiguration = configuration, time: TimeSource = .system
    ) async throws -> Journal {
        try await Journal.open(
            directory: directory, configuration: configuration, who: "test", time: time,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), metricsFactory: counts)
    }

    /// Opens a journal, runs it around the body and ends it in good order.
    func use<Value: Sendable>(
        _ configuration: JournalConfiguration = configuration, time: TimeSource = .system,
        _ body: (Journal) async throws -> Value
    ) async throws -> Value {
        let journal = try await open(configuration, time: time)
        async let running: Void = journal.run()
        let result: Result<Value, any Error>
        do { result = .success(try await body(journal)) } catch { result = .failure(error) }
        journal.inbox.stop()
        try await running
        return try result.get()
    }

    /// A copy of the files as a killed process would have left them.
    func copyAsKilled() throws -> TemporaryJournal {
        let copy = TemporaryJournal()
        try FileManager.default.createDirectory(atPath: copy.directory, withIntermediateDirectories: true)
        for name in ["journal.db", "journal.db-wal"] {
            try FileManager.default.copyItem(atPath: directory + "/" + name, toPath: copy.directory + "/" + name)
        }
        return copy
    }

    /// Looks into the file past the journal.
    func sql<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: String) throws -> Value? {
        try DatabaseQueue(path: resultsPath).write { try Value.fetchOne($0, sql: sql) }
    }

    func change(_ sql: String) throws {
        try DatabaseQueue(path: resultsPath).write { try $0.execute(sql: sql) }
    }
}

func entry(
    _ id: String = "task", topic: TelemetryTopic = .text, status: TaskResult.Status = .completed, at: Int64 = 1_000,
    bytes: Int = 20
) -> JournalEntry {
    JournalEntry(
        taskID: id, taskType: .textNLU, topic: topic, priority: .standard, attempt: 1, status: status,
        waitMilliseconds: 3, processingMilliseconds: 1.5, recordedAt: UnixTime(milliseconds: at),
        body: [UInt8](repeating: UInt8(ascii: "x"), count: bytes))
}
