/// What a metric family is in the Prometheus text format.
public enum MetricKind: String, Sendable, Hashable, CaseIterable {
    /// Only grows, except that it starts again at zero with the process.
    case counter
    /// Goes up and down.
    case gauge
    /// Counts observations in buckets, with their sum.
    case histogram
}
