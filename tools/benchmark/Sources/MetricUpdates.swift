import ArgumentParser
import CoreMetrics
import Metrics
import RiderMetrics

/// What an update of a metric costs, and a scrape.
struct MetricUpdates: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Updates a counter and a histogram; prints all series.")

    @Option(help: "Series besides the process's own.")
    var series = 1000

    func run() async throws {
        let registry = PrometheusRegistry()
        let counter = Counter(label: "bench_events_total", dimensions: [("kind", "one")], factory: registry)
        let histogram = Timer(label: "bench_wait_seconds", dimensions: [("kind", "one")], factory: registry)
        let counterNanoseconds = Measured.fastest(calls: 1_000_000) { counter.increment() }
        var value: Int64 = 0
        let histogramNanoseconds = Measured.fastest(calls: 1_000_000) {
            value = (value &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407)
            histogram.recordNanoseconds(value & 0x3FFF_FFFF)
        }
        for number in 0..<series {
            Gauge(label: "bench_level_\(number % 10)", dimensions: [("place", "p\(number / 10)")], factory: registry)
                .record(Double(number) * 1.25)
        }
        var scrapes: [UInt64] = []
        for _ in 0..<200 {
            let begin = Measured.now()
            let text = await registry.exposition()
            scrapes.append(Measured.now() - begin)
            precondition(!text.isEmpty)
        }
        scrapes.sort()
        Measured.print([
            "counter_ns": counterNanoseconds, "histogram_ns": histogramNanoseconds,
            "scrape_ms": Measured.percentile(0.5, of: scrapes) / 1e6,
        ])
    }
}
