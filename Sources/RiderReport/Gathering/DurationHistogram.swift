import Glibc

/// Durations in a bounded number of buckets: quantiles are right to 1 %, count and extremes exactly.
struct DurationHistogram: Sendable {
    /// Each bucket is 2 % wide; its middle is at most 1 % away from anything in it.
    private static let ratio = 1.02
    /// Shorter durations, in milliseconds, share the first bucket.
    private static let smallest = 0.001

    private var buckets: [Int: Int] = [:]
    private(set) var count = 0
    private(set) var minimum = Double.infinity
    private(set) var maximum = 0.0

    mutating func add(milliseconds: Double) {
        guard milliseconds.isFinite else { return }
        let value = max(0, milliseconds)
        let bucket = value <= Self.smallest ? 0 : Int(log(value / Self.smallest) / log(Self.ratio)) + 1
        buckets[bucket, default: 0] += 1
        count += 1
        minimum = min(minimum, value)
        maximum = max(maximum, value)
    }

    /// nil while it is empty.
    var summary: DurationSummary? {
        guard count > 0 else { return nil }
        let sorted = buckets.sorted { $0.key < $1.key }
        func quantile(_ share: Double) -> Double {
            let rank = max(1, Int((share * Double(count)).rounded(.up)))
            // The last one is known exactly.
            guard rank < count else { return maximum }
            var seen = 0
            for (bucket, number) in sorted {
                seen += number
                if seen >= rank { return min(maximum, max(minimum, Self.middle(of: bucket))) }
            }
            return maximum
        }
        return DurationSummary(
            count: count, median: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), maximum: maximum)
    }

    private static func middle(of bucket: Int) -> Double {
        bucket == 0 ? smallest : smallest * pow(ratio, Double(bucket) - 0.5)
    }
}

/// Durations in numbers, in milliseconds.
public struct DurationSummary: Sendable, Hashable {
    public var count: Int
    /// Half of the durations are not longer.
    public var median: Double
    public var p95: Double
    public var p99: Double
    public var maximum: Double
}
