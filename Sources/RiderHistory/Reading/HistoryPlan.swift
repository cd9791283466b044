import GRDB
import RiderModel

/// The stretches of history that a reading goes through, as they were at one moment.
public struct HistoryPlan {
    /// What is kept at one resolution.
    public struct Coverage: Sendable, Hashable {
        public let resolution: Resolution
        public let first: UnixTime
        public let last: UnixTime
        /// Rounds or windows.
        public let points: Int
    }

    /// nil: everything.
    public let span: Range<UnixTime>?
    /// In the order of runs and rounds; the last rounds come as a chunk without a number.
    let chunks: [Chunk]
    let recent: RecentRounds?

    init(span: Range<UnixTime>?, _ database: Database) throws {
        self.span = span
        let recent = try RecentRounds(database)
        self.recent = recent
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT \(Chunk.columns) FROM chunk ORDER BY run, first_round"))
        var chunks: [Chunk] = []
        var previous: Chunk?
        func take(_ chunk: Chunk) {
            defer { previous = chunk }
            guard let span else {
                chunks.append(chunk)
                return
            }
            let (first, end) = (span.lowerBound.milliseconds, span.upperBound.milliseconds)
            guard chunk.lastAt >= first, chunk.firstAt < end else { return }
            // Increases in the first point count from the one before it.
            if chunk.firstAt >= first, let previous, chunk.follows(previous), previous.lastAt < first {
                chunks.append(previous)
            }
            chunks.append(chunk)
        }
        while let row = try rows.next() { take(try Chunk(row)) }
        if let recent { take(recent.chunk) }
        self.chunks = chunks
    }

    /// The points of a chunk inside the span.
    func wanted(of chunk: Chunk) -> Range<Int> {
        guard let span else { return chunk.times.indices }
        let first = chunk.times.firstIndex { $0 >= span.lowerBound.milliseconds } ?? chunk.times.count
        let end = chunk.times.firstIndex { $0 >= span.upperBound.milliseconds } ?? chunk.times.count
        return first..<max(first, end)
    }

    /// Rounds and windows inside the span.
    public var points: Int { chunks.reduce(0) { $0 + wanted(of: $1).count } }

    /// The first and the last point inside the span; nil when there is none.
    public var bounds: ClosedRange<UnixTime>? {
        let times = chunks.flatMap { chunk -> [Int64] in
            let wanted = wanted(of: chunk)
            return wanted.isEmpty ? [] : [chunk.times[wanted.lowerBound], chunk.times[wanted.upperBound - 1]]
        }
        guard let first = times.min(), let last = times.max() else { return nil }
        return UnixTime(milliseconds: first)...UnixTime(milliseconds: last)
    }

    /// What is inside the span at each resolution, the finest first.
    public var coverage: [Coverage] {
        Resolution.allCases.compactMap { resolution in
            var (first, last, points) = (Int64.max, Int64.min, 0)
            for chunk in chunks where chunk.resolution == resolution {
                let wanted = wanted(of: chunk)
                guard !wanted.isEmpty else { continue }
                first = min(first, chunk.times[wanted.lowerBound])
                last = max(last, chunk.times[wanted.upperBound - 1])
                points += wanted.count
            }
            guard points > 0 else { return nil }
            return Coverage(
                resolution: resolution, first: UnixTime(milliseconds: first), last: UnixTime(milliseconds: last),
                points: points)
        }
    }

    /// Starts of the worker inside the span: the first round of each run.
    public var starts: [UnixTime] {
        chunks.filter { $0.firstRound == 0 && wanted(of: $0).lowerBound == 0 && !wanted(of: $0).isEmpty }
            .map { UnixTime(milliseconds: $0.firstAt) }
    }
}
