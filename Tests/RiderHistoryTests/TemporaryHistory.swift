import FoundationEssentials
import GRDB
import Logging
import Metrics
import RiderMetrics
import RiderModel
import Synchronization

@testable import RiderHistory

/// A folder of its own for each test, with a registry whose metrics become history.
final class TemporaryHistory: Sendable {
    /// What one round should have been: every series by its Prometheus name.
    typealias Expected = (at: Int64, values: [String: Double])

    let directory: String
    private let clock: Mutex<Int64>
    let ownMetrics = PrometheusRegistry(declarations: [], includesProcess: false)

    /// 13 November 2025, 12:00:00 UTC.
    static let start: Int64 = 1_763_035_200_000

    init() throws {
        let path = FileManager.default.temporaryDirectory.path + "/rider-history-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        directory = path
        clock = Mutex(Self.start)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    var path: String { directory + "/samples.db" }

    var time: TimeSource {
        TimeSource(
            wall: { [self] in UnixTime(milliseconds: clock.withLock { $0 }) },
            monotonicNanoseconds: { [self] in UInt64(clock.withLock { $0 }) * 1_000_000 })
    }

    var now: Int64 {
        get { clock.withLock { $0 } }
        set { clock.withLock { $0 = newValue } }
    }

    func store(_ configuration: HistoryConfiguration = HistoryConfiguration()) -> SampleStore {
        SampleStore(
            directory: directory, configuration: configuration, time: time,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), factory: ownMetrics)
    }

    /// How often a metric of the history itself was counted.
    func count(_ line: String) -> Int {
        String(decoding: ownMetrics.currentExposition(), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(line + " ") }.flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }

    /// Everything in the file, round by round, as a reader rebuilds it.
    func rebuilt(_ span: Range<UnixTime>? = nil) throws -> [Expected] {
        let reader = SampleReader(directory: directory)
        let plan = try reader.plan(span)
        var rounds: [Int64: [String: Double]] = [:]
        for group in SampleGroup.grouping(try reader.series()) {
            try reader.read(group, in: plan) { block in
                for point in block.wanted {
                    for (series, column) in zip(group.series, block.columns) where column.isPresent(point) {
                        rounds[block.times[point], default: [:]][series.shown] = column.values[point]
                    }
                }
            }
        }
        return rounds.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    func sql<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: String) throws -> Value? {
        try DatabaseQueue(path: path).write { try Value.fetchOne($0, sql: sql) }
    }

    func change(_ sql: String) throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }
}

/// Rounds with the values they should have.
struct Sampling {
    let history: TemporaryHistory
    let registry: PrometheusRegistry
    let store: SampleStore
    var expected: [TemporaryHistory.Expected] = []

    init(_ history: TemporaryHistory, _ registry: PrometheusRegistry, _ store: SampleStore) {
        self.history = history
        self.registry = registry
        self.store = store
    }

    /// Samples once and goes on in time.
    mutating func round(after milliseconds: Int64 = 5_000) async -> SampleStore.Round? {
        let snapshots = registry.snapshot()
        var values: [String: Double] = [:]
        for snapshot in snapshots {
            let names = SeriesName.all(of: snapshot)
            SeriesName.forEachValue(of: snapshot) { values[names[$0].shown] = $1 }
        }
        let round = await store.record(snapshots, at: UnixTime(milliseconds: history.now))
        if let round { expected.append((round.at.milliseconds, values)) }
        history.now += milliseconds
        return round
    }
}

extension SeriesName {
    /// `name{"label":"value"}`
    var shown: String { name + labels }
}

extension SampleSeries {
    var shown: String {
        var all = labels
        if let boundText { all.append(MetricLabel("le", boundText)) }
        all.sort { $0.name < $1.name }
        return name
            + String(
                decoding: JSONValue.object(all.map { .init($0.name, .string($0.value)) }).encoded, as: UTF8.self)
    }
}
