import RiderMetrics
import RiderModel

/// One series of the history: a counter, a gauge, or a bucket, the sum or the count of a histogram.
public struct SampleSeries: Sendable, Hashable, Identifiable {
    /// What a series of a histogram counts.
    public enum Part: Sendable, Hashable {
        /// The only series of its family and labels: a counter or gauge.
        case value
        /// Observations up to this bound; the last one is infinite.
        case bucket(Double)
        case sum
        case count
    }

    /// Numbers are part of a 64-bit key.
    static let largestID = 1 << 24 - 1

    public let id: Int64
    /// As Prometheus shows it: `x_total`, `y_bucket`, `y_sum`.
    public let name: String
    /// Without the suffix of a histogram's series.
    public let family: String
    public let kind: MetricKind
    public let part: Part
    /// Sorted by name; without `le`, which is ``part``.
    public let labels: [MetricLabel]
    /// When it was sampled for the first and the last time, as far as its history is kept.
    public internal(set) var first: UnixTime
    public internal(set) var last: UnixTime
}

/// What belongs together at one moment: one counter or gauge, or all series of a histogram with the same labels.
public struct SampleGroup: Sendable, Hashable {
    public let family: String
    public let kind: MetricKind
    public let labels: [MetricLabel]
    /// Of a histogram: buckets by rising bound, then sum, then count, as far as they were selected.
    public let series: [SampleSeries]

    /// Families by name, then groups by labels.
    public static func grouping(_ series: [SampleSeries]) -> [SampleGroup] {
        struct Key: Hashable {
            let family: String
            let kind: MetricKind
            let labels: [MetricLabel]
        }
        return Dictionary(grouping: series) { Key(family: $0.family, kind: $0.kind, labels: $0.labels) }
            .map { key, series in
                SampleGroup(
                    family: key.family, kind: key.kind, labels: key.labels,
                    series: series.sorted { $0.part.rank < $1.part.rank })
            }
            .sorted { ($0.family, $0.kind.rawValue, $0.orderKey) < ($1.family, $1.kind.rawValue, $1.orderKey) }
    }

    private var orderKey: String { labels.map { "\($0.name)\u{0}\($0.value)" }.joined(separator: "\u{1}") }
}

extension SampleSeries.Part {
    /// Order within a histogram.
    fileprivate var rank: (Int, Double) {
        switch self {
        case .value: (0, 0)
        case .bucket(let bound): (1, bound)
        case .sum: (2, 0)
        case .count: (3, 0)
        }
    }
}
