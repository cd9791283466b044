import GRDB
import Glibc
import RiderJournal
import RiderModel

/// Reads metric history, beside a running worker or without one.
///
/// It blocks: use it from one thread of its own, for example inside `DetachedThread.run`. Every read is short, so that the
/// writer is never kept from cutting its log back. What it reads is a picture of the moment when ``plan(_:)`` was called, as
/// long as ``isUnchanged(_:)``.
///
///     let reader = SampleReader(directory: "data")
///     let plan = try reader.plan(since..<until)
///     for group in SampleGroup.grouping(try reader.series(.all)) {
///         try reader.read(group, in: plan) { block in … }
///     }
public final class SampleReader {
    /// Blocks read in one go.
    private static let blocksPerRead = 256

    public let directory: String
    private let path: String
    private var queue: DatabaseQueue?
    /// Blocks that could not be read because they are damaged.
    public private(set) var damagedBlocks = 0

    /// Opens nothing yet: the first read does.
    public init(directory: String) {
        self.directory = directory
        path = directory + "/" + SamplesFile.name
    }

    private func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
        do {
            if queue == nil {
                guard access(path, F_OK) == 0 else {
                    throw HistoryError(
                        .missing,
                        "there is no metric history in \(directory): a worker keeps it while metrics.sample_seconds is not 0"
                    )
                }
                queue = try DatabaseFile.openReader(path)
            }
            guard let queue else { preconditionFailure("it was opened just now") }
            return try queue.read(work)
        } catch {
            throw HistoryError.translating(error, while: "reading \(path)")
        }
    }

    /// The series that fit a selection, by name and labels.
    public func series(_ selection: SeriesSelection = .all) throws -> [SampleSeries] {
        let (rows, oldest, recent) = try read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT id, name, labels, kind, first_at, last_at FROM series ORDER BY name, labels")
            let oldest = try Int64.fetchOne(
                database,
                sql: "SELECT min(at) FROM (SELECT min(first_at) at FROM chunk UNION ALL SELECT min(at) FROM recent)")
            return (rows, oldest, try RecentRounds(database))
        }
        return rows.compactMap { row in
            let id: Int64 = row[0]
            var last: Int64 = row[5]
            if let recent, let point = recent.column(of: id)?.lastIndex(where: { !SampleValue.isAbsent($0) }) {
                last = max(last, recent.chunk.times[point])
            }
            let series = SampleSeries(
                id: id, name: row[1], labels: row[2], kind: row[3],
                first: UnixTime(milliseconds: max(row[4], oldest ?? .min)), last: UnixTime(milliseconds: last))
            return series.flatMap { selection.includes($0) ? $0 : nil }
        }
    }

    /// The stretches of history that share a moment with a span.
    ///
    /// - Parameter span: from its beginning to before its end; nil for everything.
    public func plan(_ span: Range<UnixTime>? = nil) throws -> HistoryPlan {
        try read { try HistoryPlan(span: span, $0) }
    }

    /// Hands out a group's history in the order of runs and rounds. Stretches in which none of its series was there are left
    /// out.
    ///
    /// - Parameter body: what it throws ends the reading.
    public func read(_ group: SampleGroup, in plan: HistoryPlan, _ body: (SampleBlock) throws -> Void) throws {
        let perRead = max(1, Self.blocksPerRead / max(1, group.series.count))
        var previous: Chunk?
        var wasThere = group.series.map { _ in false }
        var index = 0
        while index < plan.chunks.count {
            let chunks = plan.chunks[index..<min(index + perRead, plan.chunks.count)]
            index += chunks.count
            let stored = try read { database in
                try chunks.map { chunk in try group.series.map { try columns(of: $0.id, in: chunk, plan, database) } }
            }
            for (chunk, stored) in zip(chunks, stored) {
                let follows = previous.map(chunk.follows) ?? false
                let columns = stored.enumerated().map { position, columns in
                    let beginning: SampleBlock.Beginning =
                        if chunk.firstRound == 0 {
                            .fresh
                        } else if follows {
                            wasThere[position] ? .goesOn : .fresh
                        } else {
                            .unknown
                        }
                    return SampleBlock.Column(columns, points: chunk.times.count, beginning: beginning)
                }
                previous = chunk
                wasThere = columns.map { $0.isPresent(chunk.times.count - 1) }
                guard stored.contains(where: { !$0.isEmpty }) else { continue }
                try body(
                    SampleBlock(
                        run: chunk.run, resolution: chunk.resolution, times: chunk.times,
                        wanted: plan.wanted(of: chunk), columns: columns))
            }
        }
    }

    /// - Returns: nothing when the series is not in the chunk, or cannot be read.
    private func columns(
        of series: Int64, in chunk: Chunk, _ plan: HistoryPlan, _ database: Database
    ) throws -> [[Double]] {
        if chunk.id == nil { return plan.recent?.column(of: series).map { [$0] } ?? [] }
        do {
            return try Block.read(series: series, in: chunk, database) ?? []
        } catch is DamagedBytes {
            damagedBlocks += 1
            return []
        }
    }

    /// Whether everything a plan goes through is still as it was: history that was made coarser or removed since is missing
    /// in what was read.
    public func isUnchanged(_ plan: HistoryPlan) throws -> Bool {
        guard let first = plan.chunks.lazy.compactMap(\.id).min(), let last = plan.chunks.lazy.compactMap(\.id).max()
        else { return true }
        let there = try read { database in
            try Set(
                Int64.fetchAll(
                    database, sql: "SELECT id FROM chunk WHERE id BETWEEN ? AND ?", arguments: [first, last]))
        }
        return plan.chunks.allSatisfy { $0.id.map(there.contains) ?? true }
    }
}
