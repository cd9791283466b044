/// What is made of a step's samples.
public enum Aggregation: String, Sendable, Hashable, CaseIterable {
    /// Of the sampled values.
    case avg, min, max, last, sum
    /// What a counter grew in the step, and that per second. A counter that began again counts from zero. Of a gauge: its
    /// change.
    case increase, rate
    /// Of the observations that a histogram counted in the step, from its buckets as Prometheus does.
    case p50, p95, p99

    /// nil unless it is made from a histogram's buckets.
    public var quantile: Double? {
        switch self {
        case .p50: 0.5
        case .p95: 0.95
        case .p99: 0.99
        default: nil
        }
    }
}
