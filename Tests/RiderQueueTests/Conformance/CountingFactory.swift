import CoreMetrics
import Synchronization

/// Counts what counters are told, and keeps the last value of gauges, by label.
final class CountingFactory: MetricsFactory {
    private let state = Mutex<[String: Double]>([:])

    subscript(_ label: String) -> Double { state.withLock { $0[label] ?? 0 } }

    private final class Handler: CounterHandler, MeterHandler, RecorderHandler {
        let change: @Sendable (Double, _ isSet: Bool) -> Void
        init(_ change: @escaping @Sendable (Double, Bool) -> Void) { self.change = change }
        func increment(by amount: Int64) { change(Double(amount), false) }
        func increment(by amount: Double) { change(amount, false) }
        func decrement(by amount: Double) { change(-amount, false) }
        func set(_ value: Int64) { change(Double(value), true) }
        func set(_ value: Double) { change(value, true) }
        func record(_ value: Int64) { change(Double(value), true) }
        func record(_ value: Double) { change(value, true) }
        func reset() {}
    }

    private func handler(_ label: String) -> Handler {
        Handler { [self] value, isSet in
            state.withLock { $0[label] = isSet ? value : ($0[label] ?? 0) + value }
        }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { handler(label) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { handler(label) }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        handler(label)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { NOOPMetricsHandler.instance }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
