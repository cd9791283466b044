import ArgumentParser
import Logging
import Metrics
import RiderHistory
import RiderMetrics
import RiderModel

/// What sampling costs, and what history takes up.
///
/// The series are a third each of histograms (request times, one observation in most rounds), counters (a quarter of them
/// never changes), and gauges (levels, temperatures, and a few of arbitrary bits).
struct HistorySamples: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Samples series round by round; optionally makes the history coarser after.")

    @Option(help: "A folder for the samples.") var directory: String
    @Option(help: "Series in a round, about.") var series = 1000
    @Option(help: "Rounds, 5 seconds of history each.") var rounds = 1200
    @Flag(help: "Make all of it windows of minutes, then of hours, and say what they take up.") var rollUp = false

    func run() async throws {
        let registry = PrometheusRegistry(declarations: [], configuration: .many, includesProcess: false)
        var load = SampledLoad(series: series, registry: registry)
        let count = registry.snapshot().reduce(0) { $0 + $1.seriesCount }
        let start = UnixTime(milliseconds: 1_763_035_200_000)
        let store = self.store(HistoryConfiguration(), now: start)
        var took: [UInt64] = []
        took.reserveCapacity(rounds)
        for round in 0..<rounds {
            load.change()
            let at = start + .milliseconds(5_000 * round + round * 7 % 5)
            let begin = Measured.now()
            _ = await store.record(registry.snapshot(), at: at)
            took.append(Measured.now() - begin)
        }
        let bytes = try await store.usedBytes()
        await store.close()
        var figures: [(String, Double)] = [
            ("series", Double(count)), ("samples", Double(count * rounds)), ("bytes", Double(bytes)),
            ("bytes_per_sample", Double(bytes) / Double(count * rounds)),
            ("bytes_per_round", Double(bytes) / Double(rounds)),
            ("mean_ms", Double(took.reduce(0, +)) / Double(rounds) / 1e6),
        ]
        took.sort()
        figures.append(("p99_ms", Measured.percentile(0.99, of: took) / 1e6))
        if rollUp {
            let end = start + .milliseconds(5_000 * (rounds + 1))
            figures.append(("minute_bytes", try await coarsened(minutesToo: false, now: end)))
            figures.append(("hour_bytes", try await coarsened(minutesToo: true, now: end)))
        }
        print("{" + figures.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}")
    }

    private func store(_ configuration: HistoryConfiguration, now: UnixTime) -> SampleStore {
        SampleStore(
            directory: directory, configuration: configuration,
            time: TimeSource(wall: { now }, monotonicNanoseconds: { Measured.now() }),
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, factory: NOOPMetricsHandler.instance)
    }

    private func coarsened(minutesToo: Bool, now: UnixTime) async throws -> Double {
        var configuration = HistoryConfiguration()
        configuration.rawRetention = .zero
        if minutesToo { configuration.minuteRetention = .zero }
        let store = store(configuration, now: now + .seconds(60))
        // The last chunks follow once another run has begun.
        _ = await store.record([], at: now)
        while await store.maintain() {}
        let bytes = try await store.usedBytes()
        await store.close()
        return Double(bytes)
    }
}

extension MetricsConfiguration {
    fileprivate static var many: MetricsConfiguration {
        var configuration = MetricsConfiguration()
        configuration.maxSeriesPerFamily = 100_000
        return configuration
    }
}

extension SeriesSnapshot {
    fileprivate var seriesCount: Int {
        if case .histogram(let histogram) = value { histogram.counts.count + 2 } else { 1 }
    }
}

/// Metrics that change as those of a busy worker do, the same in every run.
private struct SampledLoad {
    private let histograms: [Metrics.Timer]
    private let counters: [Counter]
    private let gauges: [Gauge]
    private var levels: [Double]
    private var random = Generator(state: 42)

    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    init(series: Int, registry: PrometheusRegistry) {
        // Ten bounds, infinity, sum and count.
        histograms = (0..<max(1, series / 3 / 13)).map {
            Metrics.Timer(label: "bench_seconds", dimensions: [("route", "r\($0)")], factory: registry)
        }
        counters = (0..<series / 3).map {
            Counter(label: "bench_events_total", dimensions: [("kind", "k\($0)")], factory: registry)
        }
        gauges = (0..<series / 3).map {
            Gauge(label: "bench_level", dimensions: [("place", "p\($0)")], factory: registry)
        }
        levels = gauges.map { _ in 20 }
        for gauge in gauges { gauge.record(20) }
    }

    mutating func change() {
        for histogram in histograms {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                histogram.recordNanoseconds(Int64.random(in: 200_000...4_000_000_000, using: &random))
            }
        }
        for (index, counter) in counters.enumerated() where index % 4 != 0 {
            counter.increment(by: Int.random(in: 0...(10 + index * 20), using: &random))
        }
        for (index, gauge) in gauges.enumerated() {
            switch index % 10 {
            case 0: gauge.record(Double.random(in: 0...1, using: &random))
            case 1, 2, 3:
                levels[index] += Double(Int.random(in: -20...20, using: &random)) / 100
                gauge.record((levels[index] * 100).rounded() / 100)
            case 4, 5, 6: gauge.record(Double(Int.random(in: 0...200, using: &random)))
            default: if Int.random(in: 0..<20, using: &random) == 0 { gauge.record(Double(index)) }
            }
        }
    }
}
