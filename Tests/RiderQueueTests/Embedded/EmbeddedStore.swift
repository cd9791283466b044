import CoreMetrics
import Foundation
import GRDB
import RiderModel
import Testing

@testable import RiderQueue

extension QueueBackend {
    /// Those that run here.
    static let all = [embedded]
    static let embedded = QueueBackend(name: "embedded") { try EmbeddedStore() }
}

/// A queue file in a folder of its own, on a clock that the test moves.
final class EmbeddedStore: SharedQueueStore {
    let folder: URL
    let time = ManualTime()

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "rider-queue-\(UUID().uuidString)")
    }

    var path: String { folder.appending(path: "queue.sqlite").path }

    func open(
        _ owner: String, _ configuration: QueueConfiguration, randomness: @escaping @Sendable () -> Double,
        metrics: any MetricsFactory
    ) async throws -> any TaskQueue {
        try await openEmbedded(owner, configuration, randomness: randomness, metrics: metrics)
    }

    func openEmbedded(
        _ owner: String = "worker", _ configuration: QueueConfiguration = .testing,
        randomness: @escaping @Sendable () -> Double = { 1 }, metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) async throws -> EmbeddedQueue {
        try await EmbeddedQueue(
            path: path, owner: owner, configuration: configuration, time: time.source,
            sleepingUntil: { [time] in try await time.sleep(until: $0) }, randomness: randomness, metrics: metrics)
    }

    func serve(_ queue: any TaskQueue) async throws {
        let embedded = try #require(queue as? EmbeddedQueue)
        try await embedded.run()
    }

    func advance(by duration: Duration) {
        time.advance(by: duration)
    }

    func now() -> UnixTime { time.now }

    func audit() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        var options = Configuration()
        options.readonly = true
        options.busyMode = .timeout(10)
        try DatabaseQueue(path: path, configuration: options).read(Self.audit)
    }

    private static func audit(_ database: Database) throws {
        // What must be equal.
        for (held, counted) in [
            ("SELECT count(*) FROM leased", "SELECT tasks FROM total WHERE state = 'leased'"),
            ("SELECT count(*) FROM delayed", "SELECT tasks FROM total WHERE state = 'delayed'"),
            ("SELECT count(*) FROM superseded", "SELECT tasks FROM total WHERE state = 'superseded'"),
            ("SELECT count(*) FROM dead_letter", "SELECT tasks FROM total WHERE state = 'dead'"),
            ("SELECT count(*) FROM ready", "SELECT coalesce(sum(waiting), 0) FROM level"),
            (
                """
                SELECT count(*) FROM (SELECT type, priority, count(*) FROM ready GROUP BY type, priority
                    EXCEPT SELECT type, priority, waiting FROM level)
                """, "SELECT 0"
            ),
            // Every task is in one place, and every place is a task's.
            ("SELECT count(*) FROM task", "SELECT count(*) FROM (\(places))"),
            ("SELECT count(*) FROM (SELECT position FROM task EXCEPT SELECT position FROM (\(places)))", "SELECT 0"),
        ] {
            let difference = try Int.fetchOne(database, sql: "SELECT (\(held)) - (\(counted))")
            #expect(difference == 0, "\(held) is not \(counted)")
        }
        #expect(try String.fetchOne(database, sql: "PRAGMA integrity_check") == "ok")
    }

    private static let places = ["ready", "leased", "delayed", "superseded"]
        .map { "SELECT position FROM \($0)" }.joined(separator: " UNION ALL ")

    func remove() throws {
        try FileManager.default.removeItem(at: folder)
    }
}
