import CoreMetrics
import Synchronization

/// Remembers what is counted and recorded, under names such as `link_up{link=robot}`.
final class CountingMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])
    private let changes = AsyncStream.makeStream(of: Void.self)

    func value(_ name: String) -> Double {
        values.withLock { $0[name] ?? 0 }
    }

    func value(_ name: String, reaches wanted: Double) async {
        await until { $0[name] ?? 0 >= wanted }
    }

    func either(_ first: String, _ firstValue: Double, or second: String, _ secondValue: Double) async {
        await until { $0[first] ?? 0 >= firstValue || $0[second] ?? 0 >= secondValue }
    }

    func gone(_ name: String) async {
        await until { $0[name] == 0 }
    }

    /// Waits for a change after which the condition holds.
    private func until(_ holds: ([String: Double]) -> Bool) async {
        if holds(values.withLock { $0 }) { return }
        for await _ in changes.stream where holds(values.withLock { $0 }) { return }
    }

    fileprivate func change(_ name: String, _ update: (inout Double) -> Void) {
        values.withLock { update(&$0[name, default: 0]) }
        changes.continuation.yield()
    }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        Handler(name: label + "{" + dimensions.map { "\($0)=\($1)" }.joined(separator: ",") + "}", metrics: self)
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label, dimensions) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        handler(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { handler(label, dimensions) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        let name: String
        let metrics: CountingMetrics

        init(name: String, metrics: CountingMetrics) {
            self.name = name
            self.metrics = metrics
        }

        func increment(by amount: Int64) { metrics.change(name) { $0 += Double(amount) } }
        func reset() { metrics.change(name) { $0 = 0 } }
        func record(_ value: Int64) { metrics.change(name) { $0 = Double(value) } }
        func record(_ value: Double) { metrics.change(name) { $0 = value } }
        func recordNanoseconds(_ duration: Int64) { metrics.change(name) { $0 = Double(duration) } }
    }
}
