import GRDB
import RiderModel

/// Makes old history coarser, and removes what is too old or too much: one small step at a time, so that no round waits
/// long.
struct HistoryKeeper {
    /// A chunk of windows has about this many.
    private static let windowsPerChunk: Int64 = 240
    /// Chunks that become one at most.
    private static let chunksPerStep = 64

    let configuration: HistoryConfiguration
    let now: UnixTime

    /// - Parameter isCrowded: the file is near its limit: the oldest history makes room before its time.
    /// - Returns: whether something was done, so that there may be more to do.
    func step(isCrowded: Bool, in database: Database) throws -> Bool {
        if try removeOldest(.hour, before: now - configuration.hourRetention, in: database) { return true }
        for (resolution, retention) in [
            (Resolution.raw, configuration.rawRetention), (.minute, configuration.minuteRetention),
        ] {
            let cutoff = isCrowded ? UnixTime(milliseconds: .max) : now - retention
            guard let group = try oldestGroup(resolution, before: cutoff, isUrgent: isCrowded, in: database) else {
                continue
            }
            try rollUp(group, in: database)
            return true
        }
        guard isCrowded else { return false }
        return try removeOldest(.hour, before: UnixTime(milliseconds: .max), in: database)
    }

    private func removeOldest(_ resolution: Resolution, before cutoff: UnixTime, in database: Database) throws -> Bool {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT \(Chunk.columns) FROM chunk WHERE resolution = ? AND last_at < ?
                    ORDER BY run, first_round LIMIT 1
                    """), arguments: [resolution.rawValue, cutoff.milliseconds])
        guard let row else { return false }
        try Chunk(row).delete(in: database)
        // Series whose last value went with it.
        try database.execute(
            sql: """
                DELETE FROM series WHERE last_at < (SELECT min(first_at) FROM chunk)
                    AND NOT EXISTS (SELECT 1 FROM recent)
                """)
        return true
    }

    /// The oldest chunks that become one, when all of them are old enough and no further one would fit.
    private func oldestGroup(
        _ resolution: Resolution, before cutoff: UnixTime, isUrgent: Bool, in database: Database
    ) throws -> [Chunk]? {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT \(Chunk.columns) FROM chunk WHERE resolution = ? ORDER BY run, first_round LIMIT ?
                    """), arguments: [resolution.rawValue, Self.chunksPerStep + 1])
        let length = Self.windowsPerChunk * Self.windowMilliseconds(above: resolution)
        let currentRun = try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(id) FROM run")) ?? 0
        var group: [Chunk] = []
        var isComplete = isUrgent
        while let row = try rows.next() {
            let chunk = try Chunk(row)
            if let first = group.first, let last = group.last {
                let fits =
                    chunk.follows(last) && chunk.firstAt > last.lastAt && chunk.lastAt - first.firstAt <= length
                    && group.count < Self.chunksPerStep
                guard fits else {
                    isComplete = true
                    break
                }
            }
            guard chunk.lastAt < cutoff.milliseconds else { break }
            group.append(chunk)
        }
        guard let last = group.last, isComplete || last.run != currentRun else { return nil }
        return group
    }

    private static func windowMilliseconds(above resolution: Resolution) -> Int64 {
        resolution == .raw ? 60_000 : 3_600_000
    }

    private func rollUp(_ group: [Chunk], in database: Database) throws {
        guard let first = group.first, let last = group.last else { return }
        let length = Self.windowMilliseconds(above: first.resolution)
        // Of each window the last time, and of each point its window.
        var times: [Int64] = []
        let windowsByChunk = group.map { chunk in
            chunk.times.map { time in
                if let latest = times.last, latest.floored(to: length) == time.floored(to: length) {
                    times[times.count - 1] = time
                } else {
                    times.append(time)
                }
                return times.count - 1
            }
        }
        var rolled = Chunk(
            id: nil, run: first.run, resolution: first.resolution == .raw ? .minute : .hour,
            firstRound: first.firstRound, lastRound: last.lastRound, times: times)
        var blocks: [(series: Int64, bytes: [UInt8])] = []
        for series in try series(in: group, database) {
            var windows = WindowColumns(windows: times.count)
            for (chunk, positions) in zip(group, windowsByChunk) {
                // What is damaged now cannot be read later either.
                guard let columns = try Self.undamaged({ try Block.read(series: series, in: chunk, database) }) else {
                    continue
                }
                for (point, window) in positions.enumerated() {
                    windows.add(columns, point: point, resolution: chunk.resolution, to: window)
                }
            }
            blocks.append((series, Block.encode(windows.all)))
        }
        // First, so that there is room even in a full file.
        for chunk in group { try chunk.delete(in: database) }
        try rolled.insert(in: database)
        for block in blocks { try Block.insert(block.bytes, of: block.series, in: rolled, database) }
    }

    private static func undamaged<Value>(_ read: () throws -> Value?) throws -> Value? {
        do { return try read() } catch is DamagedBytes { return nil }
    }

    private func series(in group: [Chunk], _ database: Database) throws -> [Int64] {
        var all: Set<Int64> = []
        for id in group.compactMap(\.id) {
            let keys = try Int64.fetchCursor(
                database.cachedStatement(sql: "SELECT id & 16777215 FROM block WHERE id >= ? AND id < ?"),
                arguments: [Chunk.blockKey(chunk: id, series: 0), Chunk.blockKey(chunk: id + 1, series: 0)])
            while let series = try keys.next() { all.insert(series) }
        }
        return all.sorted()
    }
}

extension Int64 {
    /// The largest multiple of a length that is not above the number, for times before 1970 too.
    func floored(to length: Int64) -> Int64 {
        let rest = self % length
        return self - (rest < 0 ? rest + length : rest)
    }
}
