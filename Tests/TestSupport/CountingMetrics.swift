import CoreMetrics
import Synchronization

/// Remembers what was counted, set and recorded, under names such as `link_up{link=robot}` and `journal_commits_total`.
package final class CountingMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])
    private let changes = AsyncStream.makeStream(of: Void.self)

    package init() {}

    /// A counter's sum, or what the others were told last; 0 when nothing was.
    package func value(_ name: String) -> Double {
        values.withLock { $0[name] ?? 0 }
    }

    package func value(_ name: String, reaches wanted: Double) async {
        await until { $0[name] ?? 0 >= wanted }
    }

    package func either(_ first: String, _ firstValue: Double, or second: String, _ secondValue: Double) async {
        await until { $0[first] ?? 0 >= firstValue || $0[second] ?? 0 >= secondValue }
    }

    package func gone(_ name: String) async {
        await until { $0[name] == 0 }
    }

    /// Waits for a change after which the condition holds. One waiter at a time.
    private func until(_ holds: ([String: Double]) -> Bool) async {
        if holds(values.withLock { $0 }) { return }
        for await _ in changes.stream where holds(values.withLock { $0 }) { return }
    }

    private func change(_ name: String, _ update: (inout Double) -> Void) {
        values.withLock { update(&$0[name, default: 0]) }
        changes.continuation.yield()
    }

    // MARK: - MetricsFactory

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let labels = dimensions.map { "\($0)=\($1)" }.joined(separator: ",")
        return Handler(name: labels.isEmpty ? label : "\(label){\(labels)}", metrics: self)
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(label, dimensions)
    }
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        handler(label, dimensions)
    }
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
    }
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
        let name: String
        let metrics: CountingMetrics

        init(name: String, metrics: CountingMetrics) {
            self.name = name
            self.metrics = metrics
        }

        private func set(to value: Double) { metrics.change(name) { $0 = value } }
        private func add(_ amount: Double) { metrics.change(name) { $0 += amount } }

        func increment(by amount: Int64) { add(Double(amount)) }
        func increment(by amount: Double) { add(amount) }
        func decrement(by amount: Double) { add(-amount) }
        func set(_ value: Int64) { set(to: Double(value)) }
        func set(_ value: Double) { set(to: value) }
        func record(_ value: Int64) { set(to: Double(value)) }
        func record(_ value: Double) { set(to: value) }
        func recordNanoseconds(_ duration: Int64) { set(to: Double(duration)) }
        func reset() { set(to: 0) }
    }
}
