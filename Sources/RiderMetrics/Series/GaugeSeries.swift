import CoreMetrics

/// A value that goes up and down.
final class GaugeSeries: ScalarSeries {
    let identity: SeriesIdentity
    let prefix: [UInt8]
    private let cell = AtomicDouble()

    init(identity: SeriesIdentity) {
        self.identity = identity
        prefix = ExpositionPrefix.line(identity)
    }

    var value: SeriesValue { .gauge(cell.value) }
    var number: Double { cell.value }

    func increment(by amount: Int64) { cell.add(Double(amount)) }
    func increment(by amount: Double) { cell.add(amount) }
    func decrement(by amount: Double) { cell.add(-amount) }
    func set(_ value: Int64) { cell.set(Double(value)) }
    func set(_ value: Double) { cell.set(value) }
}
