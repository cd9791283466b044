import GRDB
import RiderModel

/// Finds rows by time without an index: stamps rise with `seq`, except where the clock was set back, and those places are
/// known.
struct TimeBisection {
    private let database: Database
    /// Spans of `seq` in which stamps only rise.
    private let segments: [ClosedRange<Int64>]

    init(_ database: Database) throws {
        self.database = database
        let ends = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT (SELECT min(seq) FROM result), (SELECT max(seq) FROM result)"))
        guard let first = ends?[0] as Int64?, let last = ends?[1] as Int64? else {
            segments = []
            return
        }
        let steps = try Int64.fetchAll(
            database.cachedStatement(sql: "SELECT seq FROM clock_step WHERE seq > ? AND seq <= ? ORDER BY seq"),
            arguments: [first, last])
        segments = zip([first] + steps, steps.map { $0 - 1 } + [last]).map { $0...$1 }
    }

    /// The first row recorded at a time or later; nil when there is none.
    func firstSeq(atOrAfter time: UnixTime) throws -> Int64? {
        try spans(since: time, until: nil).first?.lowerBound
    }

    /// The spans of `seq` recorded at `since` or later and before `until`, in order.
    func spans(since: UnixTime?, until: UnixTime?) throws -> [ClosedRange<Int64>] {
        try segments.compactMap { segment in
            let first = try since.map { try bisect(segment, atOrAfter: $0) } ?? segment.lowerBound
            let end = try until.map { try bisect(segment, atOrAfter: $0) } ?? (segment.upperBound + 1)
            return first < end ? first...(end - 1) : nil
        }
    }

    private func bisect(_ segment: ClosedRange<Int64>, atOrAfter time: UnixTime) throws -> Int64 {
        let probe = try database.cachedStatement(
            sql: "SELECT seq, recorded_at FROM result WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT 1")
        var low = segment.lowerBound
        var high = segment.upperBound + 1
        while low < high {
            let middle = low + (high - low) / 2
            // Rows may be missing: the next one that is there decides.
            guard let row = try Row.fetchOne(probe, arguments: [middle, segment.upperBound]) else {
                high = middle
                continue
            }
            if row[1] as Int64 >= time.milliseconds { high = middle } else { low = (row[0] as Int64) + 1 }
        }
        return low
    }
}
