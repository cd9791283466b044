/// One series and its value at one moment, not formatted.
public struct SeriesSnapshot: Sendable {
    public let identity: SeriesIdentity
    public let value: SeriesValue

    public var family: String { identity.family }
    public var labels: [MetricLabel] { identity.labels }
    public var kind: MetricKind { identity.kind }
}

/// The value of a series.
public enum SeriesValue: Sendable, Hashable {
    case counter(Double)
    case gauge(Double)
    case histogram(HistogramValue)
}

/// What a histogram has counted.
public struct HistogramValue: Sendable, Hashable {
    /// Upper bounds, ascending, without `+Inf`; shared by all series of the family.
    public var bounds: [Double]
    /// Observations per bucket, not cumulative; one more than bounds, the last one for `+Inf`.
    public var counts: [Int64]
    /// Sum of all observations in the unit of the metric.
    public var sum: Double

    public init(bounds: [Double], counts: [Int64], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// All observations.
    public var count: Int64 { counts.reduce(0, &+) }
}
