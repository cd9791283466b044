import CoreMetrics
import Synchronization

/// Keeps counters and gauges by their names and labels: `ingest_messages_total{topic=…,outcome=…}`.
final class CountingMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])

    /// Values by labels, of one metric.
    subscript(label: String, dimensions: (String, String)...) -> Double? {
        values.withLock { $0[Self.name(label, dimensions)] }
    }

    func ingested(_ topic: String, _ outcome: String) -> Double {
        self["ingest_messages_total", ("topic", topic), ("outcome", outcome)] ?? 0
    }

    private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        label + "{" + dimensions.map { "\($0)=\($1)" }.joined(separator: ",") + "}"
    }

    private func change(_ name: String, _ change: (Double) -> Double) {
        values.withLock { $0[name] = change($0[name] ?? 0) }
    }

    private final class Handler: CounterHandler, RecorderHandler {
        let metrics: CountingMetrics
        let name: String

        init(_ metrics: CountingMetrics, _ name: String) {
            self.metrics = metrics
            self.name = name
        }

        func increment(by amount: Int64) { metrics.change(name) { $0 + Double(amount) } }
        func reset() {}
        func record(_ value: Int64) { metrics.change(name) { _ in Double(value) } }
        func record(_ value: Double) { metrics.change(name) { _ in value } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(self, Self.name(label, dimensions))
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(self, Self.name(label, dimensions))
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
