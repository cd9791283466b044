import CoreMetrics
import Synchronization

/// Counts observations in buckets: one walk over a dozen bounds and two atomic additions per observation.
///
/// The number of observations is the sum of the buckets, so a scrape in the middle of an update is never at odds with itself.
///
/// `@unchecked Sendable`: the pointers never change and what they point to is atomic or, for the bounds, never written again.
final class HistogramSeries: Series, RecorderHandler, TimerHandler, @unchecked Sendable {
    let identity: SeriesIdentity
    private let bounds: [Double]
    private let lines: ExpositionPrefix.Histogram
    private let boundCount: Int
    private let valueBounds: UnsafeMutablePointer<Double>
    /// The same bounds for timers: whole nanoseconds are compared without rounding.
    private let nanosecondBounds: UnsafeMutablePointer<Int64>
    private let counts: UnsafeMutablePointer<Atomic<Int64>>
    private let sumOfNanoseconds = Atomic<Int64>(0)
    private let sumOfValues = AtomicDouble()

    init(identity: SeriesIdentity, bounds: [Double]) {
        self.identity = identity
        self.bounds = bounds
        lines = ExpositionPrefix.Histogram(identity, bounds: bounds)
        boundCount = bounds.count
        valueBounds = .allocate(capacity: bounds.count)
        nanosecondBounds = .allocate(capacity: bounds.count)
        counts = .allocate(capacity: bounds.count + 1)
        for (index, bound) in bounds.enumerated() {
            (valueBounds + index).initialize(to: bound)
            (nanosecondBounds + index).initialize(to: Int64(exactly: (bound * 1e9).rounded()) ?? .max)
        }
        for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        valueBounds.deallocate()
        nanosecondBounds.deallocate()
        counts.deinitialize(count: boundCount + 1)
        counts.deallocate()
    }

    // MARK: - Updates

    func recordNanoseconds(_ duration: Int64) {
        var index = 0
        while index < boundCount, duration > nanosecondBounds[index] { index += 1 }
        counts[index].wrappingAdd(1, ordering: .relaxed)
        sumOfNanoseconds.wrappingAdd(duration, ordering: .relaxed)
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// What is not a number is not an observation, and one of them would spoil the sum for ever.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        var index = 0
        while index < boundCount, value > valueBounds[index] { index += 1 }
        counts[index].wrappingAdd(1, ordering: .relaxed)
        sumOfValues.add(value)
    }

    // MARK: - Reading

    private var sum: Double {
        Double(sumOfNanoseconds.load(ordering: .relaxed)) / 1e9 + sumOfValues.value
    }

    var value: SeriesValue {
        .histogram(
            HistogramValue(
                bounds: bounds, counts: (0...boundCount).map { counts[$0].load(ordering: .relaxed) }, sum: sum))
    }

    func write(to text: inout ExpositionWriter) {
        var cumulative: Int64 = 0
        for index in 0...boundCount {
            cumulative &+= counts[index].load(ordering: .relaxed)
            text.append(lines.buckets[index])
            text.append(integer: cumulative)
            text.endLine()
        }
        text.append(lines.sum)
        text.append(number: sum)
        text.endLine()
        text.append(lines.count)
        text.append(integer: cumulative)
        text.endLine()
    }
}
