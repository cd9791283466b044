import CoreMetrics
import Synchronization

/// A value that only grows. Whole steps, nearly all there are, cost one atomic addition.
///
/// A meter or recorder made under a counter's name may set it: for totals that are kept elsewhere.
final class CounterSeries: ScalarSeries {
    let identity: SeriesIdentity
    let prefix: [UInt8]
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    init(identity: SeriesIdentity) {
        self.identity = identity
        prefix = ExpositionPrefix.line(identity)
    }

    var value: SeriesValue { .counter(number) }
    var number: Double { Double(whole.load(ordering: .relaxed)) + fraction.value }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.add(amount)
    }

    /// A counter does not go down.
    func decrement(by amount: Double) {}

    func set(_ value: Int64) {
        whole.store(0, ordering: .relaxed)
        fraction.set(Double(value))
    }

    func set(_ value: Double) {
        whole.store(0, ordering: .relaxed)
        fraction.set(value)
    }
}
