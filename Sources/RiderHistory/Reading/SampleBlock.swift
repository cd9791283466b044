import RiderModel

/// A stretch of one group's history, a few hundred points long.
public struct SampleBlock: Sendable {
    /// One series' values; as many as ``SampleBlock/times``. A value for which ``SampleValue/isAbsent(_:)`` holds is none.
    public struct Column: Sendable {
        /// Of a round its value, of a window the last one in it.
        public let values: [Double]
        /// nil for rounds.
        public let windows: Windows?
        /// What came before the first point.
        public let beginning: Beginning

        /// Whether the series was there at a point.
        public func isPresent(_ point: Int) -> Bool { !SampleValue.isAbsent(values[point]) }
    }

    /// What windows keep besides the last value.
    public struct Windows: Sendable {
        public let counts: [Double]
        public let sums: [Double]
        public let minima: [Double]
        public let maxima: [Double]
    }

    /// What is known of a series before a block.
    public enum Beginning: Sendable, Hashable {
        /// The block before, of the same run, ended with a value.
        case goesOn
        /// The series was not there: a counter began at zero.
        case fresh
        /// Nothing is kept that tells.
        case unknown
    }

    /// Which start of the worker.
    public let run: Int64
    public let resolution: Resolution
    /// In milliseconds since 1970, rising; of a window its last round.
    public let times: [Int64]
    /// The points inside the span that was asked for; earlier ones are there to count from.
    public let wanted: Range<Int>
    /// One for each series of the group.
    public let columns: [Column]
}

extension SampleBlock.Column {
    /// - Parameter columns: as a block stores them; empty when the series is not in the chunk.
    init(_ columns: [[Double]], points: Int, beginning: SampleBlock.Beginning) {
        self.beginning = beginning
        switch columns.count {
        case 0:
            values = [Double](repeating: SampleValue.absent, count: points)
            windows = nil
        case Block.windowColumns:
            values = columns[4]
            windows = .init(counts: columns[0], sums: columns[1], minima: columns[2], maxima: columns[3])
        default:
            values = columns[0]
            windows = nil
        }
    }
}
