import RiderMetrics

/// Takes the samples of one series in one step.
struct StepAccumulator {
    private var count = 0.0
    private var sum = 0.0
    private var minimum = 0.0
    private var maximum = 0.0
    private var last = 0.0
    private(set) var growth = 0.0

    /// - Parameters:
    ///   - column: where the point is.
    ///   - growth: since the point before.
    mutating func add(_ column: SampleBlock.Column, point: Int, growth: Double) {
        let value = column.values[point]
        let (least, greatest) = (column.windows?.minima[point] ?? value, column.windows?.maxima[point] ?? value)
        minimum = count == 0 ? least : Swift.min(minimum, least)
        maximum = count == 0 ? greatest : Swift.max(maximum, greatest)
        count += column.windows?.counts[point] ?? 1
        sum += column.windows?.sums[point] ?? value
        last = value
        self.growth += growth
    }

    /// - Parameter seconds: length of the step.
    /// - Returns: absent when the series was not there in the step.
    func value(_ aggregation: Aggregation, seconds: Double) -> Double {
        guard count > 0 else { return SampleValue.absent }
        return switch aggregation {
        case .avg: sum / count
        case .min: minimum
        case .max: maximum
        case .last: last
        case .sum: sum
        case .increase: growth
        case .rate: seconds > 0 ? growth / seconds : SampleValue.absent
        case .p50, .p95, .p99: SampleValue.absent
        }
    }
}

extension Aggregation {
    /// A quantile of observations, from what the buckets of a histogram grew.
    ///
    /// - Parameter buckets: upper bounds, rising, and observations up to each of them.
    /// - Returns: as Prometheus has it: inside a bucket observations are thought to lie evenly; beyond the last finite bound
    ///   nothing is known, and that bound is the answer. Absent without observations.
    static func quantile(_ quantile: Double, of buckets: [(bound: Double, count: Double)]) -> Double {
        guard let total = buckets.last?.count, total > 0 else { return SampleValue.absent }
        let rank = quantile * total
        guard let index = buckets.firstIndex(where: { $0.count >= rank }) else { return SampleValue.absent }
        let bucket = buckets[index]
        guard index > 0 else {
            return bucket.bound.isFinite && bucket.bound > 0 ? bucket.bound * rank / bucket.count : bucket.bound
        }
        let below = buckets[index - 1]
        guard bucket.bound.isFinite, bucket.count > below.count else { return below.bound }
        return below.bound + (bucket.bound - below.bound) * (rank - below.count) / (bucket.count - below.count)
    }
}
