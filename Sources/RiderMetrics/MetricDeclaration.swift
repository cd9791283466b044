/// What is known about a metric family before its first sample: without it `/metrics` could neither describe the family nor
/// choose its buckets.
public struct MetricDeclaration: Sendable, Hashable {
    public var name: String
    public var kind: MetricKind
    /// One sentence for the HELP line, with the unit or the meaning of the values.
    public var help: String
    /// The labels in the order in which they are printed. A series may have others: they follow, sorted.
    public var labels: [String]
    /// Upper bounds of a histogram's buckets, ascending, in the unit of the metric; `+Inf` is added. Empty for other kinds.
    public var buckets: [Double]

    public init(
        _ name: String, _ kind: MetricKind, labels: [String] = [], buckets: [Double] = [], help: String
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.buckets = buckets
    }
}

/// Bucket bounds in seconds.
public enum MetricBuckets {
    /// Work of a provider; the bounds that the dashboards of the robot project expect.
    public static let taskDuration: [Double] = [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30]
    /// Answers of language models.
    public static let languageModel: [Double] = [0.1, 0.5, 1, 2, 5, 10, 30, 60]
    /// Waits that are far below a millisecond on an idle machine and many seconds on a busy one.
    public static let wait: [Double] = [
        0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]
    /// Commits to a local disk.
    public static let commit: [Double] = [
        0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1,
    ]
    /// For histograms that nobody declared.
    public static let standard: [Double] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30]
}
