import RiderModel

/// A stretch of one topic's history, by numbers. What it does not contain up to ``through`` has been removed.
public struct TopicPage: Sendable {
    /// In the order of numbers.
    public var records: [JournalRecord] = []
    /// Numbers of rows that do not count, because another attempt's row does; they were never published.
    public var superseded: [Int64] = []
    /// The page says everything about the numbers up to this one.
    public var through: Int64

    public init(records: [JournalRecord] = [], superseded: [Int64] = [], through: Int64) {
        self.records = records
        self.superseded = superseded
        self.through = through
    }
}

/// The rows behind a stretch of one topic's numbers.
public struct TopicRows: Sendable, Hashable {
    /// Runs of `seq`, in order. Rows of other topics between them are not in them.
    public var runs: [ClosedRange<Int64>] = []
    /// The runs say everything about the numbers up to this one.
    public var through: Int64

    public init(runs: [ClosedRange<Int64>] = [], through: Int64) {
        self.runs = runs
        self.through = through
    }

    /// How many rows.
    public var count: Int { runs.reduce(0) { $0 + $1.count } }
}
