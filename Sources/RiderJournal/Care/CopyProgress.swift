/// How far a copy of rows is, and what came of it.
public struct CopyProgress: Sendable, Hashable {
    /// Rows that the source can have at most.
    public var rowsTotal: Int64 = 0
    /// Rows looked at; those that are gone count as well.
    public var rowsSeen: Int64 = 0
    public var copied: Int64 = 0
    /// Rows that were there already.
    public var known: Int64 = 0
    /// Rows whose number is taken by another body here; the one that was here stays.
    public var conflicts: Int64 = 0
    /// Rows that cannot be read, or are not what was written.
    public var lost: Int64 = 0
    public var bytes: Int64 = 0
    /// Outages and replays that a salvage has saved, or can save.
    public var outages: Int64 = 0
    public var replays: Int64 = 0
    /// Outages, replays, and rows of replays, of which nothing can be read.
    public var historyLost: Int64 = 0

    public init() {}
}

extension CopyProgress {
    /// Counts a chunk of which every good row is copied.
    mutating func add(_ chunk: SourceFile.Chunk, of bounds: ClosedRange<Int64>) {
        rowsTotal = Int64(bounds.count)
        rowsSeen = chunk.through - bounds.lowerBound + 1
        copied += Int64(chunk.rows.count)
        lost += chunk.lost
        bytes += chunk.rows.reduce(0) { $0 + Int64($1.body.count) }
    }

    mutating func add(_ history: SalvagedHistory) {
        outages = Int64(history.outages.count)
        replays = Int64(history.replays.count)
        historyLost = history.lost
    }
}
