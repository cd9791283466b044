import Metrics
import RiderMetrics
import RiderModel
import Testing

@testable import RiderHistory

@Suite struct HistoryKeeperTests {
    private let registry = PrometheusRegistry(
        declarations: [.init("wait_seconds", .histogram, buckets: [0.1, 1], help: "Wait.")], includesProcess: false)

    private func configuration(rawDays: Int, minuteDays: Int = 90, hourDays: Int = 730) -> HistoryConfiguration {
        var configuration = HistoryConfiguration()
        configuration.rawRetention = .seconds(86_400 * rawDays)
        configuration.minuteRetention = .seconds(86_400 * minuteDays)
        configuration.hourRetention = .seconds(86_400 * hourDays)
        return configuration
    }

    /// A run of rounds with a counter that grows by 1, a level and a histogram.
    private func sample(_ history: TemporaryHistory, rounds: Int) async -> Sampling {
        var sampling = Sampling(history, registry, history.store())
        for number in 0..<rounds {
            Counter(label: "work_total", factory: registry).increment()
            Gauge(label: "level", factory: registry).record(number % 12)
            Metrics.Timer(label: "wait_seconds", factory: registry).recordMilliseconds(number % 2 == 0 ? 50 : 500)
            _ = await sampling.round()
        }
        return sampling
    }

    private func keep(_ history: TemporaryHistory, _ configuration: HistoryConfiguration) async {
        let store = history.store(configuration)
        // Opens the file and begins a run.
        _ = await store.record([], at: UnixTime(milliseconds: history.now))
        while await store.maintain() {}
        await store.close()
    }

    private func steps(
        _ history: TemporaryHistory, _ name: String, _ aggregation: Aggregation, minutes: Int = 60
    ) throws -> [Double] {
        let reader = SampleReader(directory: history.directory)
        let group = try #require(SampleGroup.grouping(try reader.series(SeriesSelection(names: [name]))).first)
        return try reader.steps(
            of: group, in: try reader.plan(), step: .seconds(60 * minutes), aggregation: aggregation
        ).map { $0.values[0] }
    }

    @Test(arguments: [Resolution.minute, .hour])
    func `coarser history has the same increases, extremes, averages and quantiles`(_ resolution: Resolution)
        async throws
    {
        let history = try TemporaryHistory()
        // Three hours.
        let sampling = await sample(history, rounds: 2_160)
        await sampling.store.close()
        func all() throws -> [[Double]] {
            try [
                steps(history, "work_total", .increase), steps(history, "level", .min), steps(history, "level", .max),
                steps(history, "level", .avg), steps(history, "level", .sum), steps(history, "work_total", .last),
                steps(history, "wait_seconds", .p50), steps(history, "wait_seconds", .p99),
            ]
        }
        let before = try all()
        #expect(before[0] == [720, 720, 720])
        let reader = SampleReader(directory: history.directory)
        #expect(try reader.plan().coverage.map(\.resolution) == [.raw])
        history.now += 3 * 86_400_000
        await keep(history, configuration(rawDays: 1, minuteDays: resolution == .hour ? 1 : 90))
        let coverage = try reader.plan().coverage
        #expect(coverage.contains { $0.resolution == resolution && $0.points == (resolution == .hour ? 3 : 180) })
        #expect(!coverage.contains { $0.resolution == .raw && $0.points > 1 })
        #expect(try all() == before)
        // Without steps a window is its last sample, at the time when it was taken.
        let expected = Dictionary(uniqueKeysWithValues: sampling.expected.map { ($0.at, $0.values) })
        for round in try history.rebuilt() where !round.values.isEmpty {
            #expect(expected[round.at] == round.values)
        }
    }

    @Test func `what is too old at last goes, with the series that only it had`() async throws {
        let history = try TemporaryHistory()
        _ = await sample(history, rounds: 500)
        history.now += 10 * 86_400_000
        await keep(history, configuration(rawDays: 1, minuteDays: 2, hourDays: 3))
        #expect(try history.sql(Int.self, "SELECT count(*) FROM block") == 0)
        #expect(try history.sql(Int.self, "SELECT count(*) FROM chunk") == 0)
    }

    @Test func `history that is young enough stays as it is`() async throws {
        let history = try TemporaryHistory()
        let sampling = await sample(history, rounds: 500)
        await keep(history, configuration(rawDays: 1))
        #expect(try history.rebuilt().filter { !$0.values.isEmpty }.count == sampling.expected.count)
    }

    @Test func `near its limit the file becomes coarser before its time and never larger`() async throws {
        let history = try TemporaryHistory()
        let wide = PrometheusRegistry(declarations: [], includesProcess: false)
        let gauges = (0..<120).map { Gauge(label: "level", dimensions: [("n", "\($0)")], factory: wide) }
        var configuration = HistoryConfiguration()
        configuration.maxBytes = 1 << 20
        let store = history.store(configuration)
        var sampling = Sampling(history, wide, store)
        for number in 0..<1_500 {
            for (index, gauge) in gauges.enumerated() { gauge.record(1 / Double(number * 120 + index + 3)) }
            _ = await sampling.round()
            _ = await store.maintain()
        }
        await store.close()
        // 180,000 values of arbitrary bits do not fit as they are.
        #expect(sampling.expected.count == 1_500)
        let pages = try #require(try history.sql(Int.self, "PRAGMA page_count"))
        #expect(pages * 4096 <= 1 << 20)
        let coverage = try SampleReader(directory: history.directory).plan().coverage
        #expect(coverage.map(\.resolution) == [.raw, .minute])
        #expect(
            try steps(history, "level", .last, minutes: 60 * 24).last
                == sampling.expected.last?.values[#"level{"n":"0"}"#])
    }
}
