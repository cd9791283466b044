import FoundationEssentials
import GRDB

/// The facts of a chunk, without its blocks.
struct Chunk {
    /// nil for the rounds that are not in a chunk yet.
    var id: Int64?
    var run: Int64
    var resolution: Resolution
    var firstRound: Int64
    var lastRound: Int64
    var times: [Int64]

    var firstAt: Int64 { times.first ?? 0 }
    var lastAt: Int64 { times.last ?? 0 }

    /// The chunk goes on where another one ends: no round of the run lies between them.
    func follows(_ other: Chunk) -> Bool {
        run == other.run && firstRound == other.lastRound + 1
    }

    static func blockKey(chunk: Int64, series: Int64) -> Int64 { chunk << 24 | series }
}

extension Chunk {
    static let columns = "id, run, resolution, first_round, last_round, points, times"

    init(_ row: Row) throws {
        guard let resolution = Resolution(rawValue: row[2]) else { throw DamagedBytes(reason: "unknown resolution") }
        id = row[0]
        run = row[1]
        self.resolution = resolution
        firstRound = row[3]
        lastRound = row[4]
        let points: Int = row[5]
        times = try row.withBytes(atIndex: 6) { try TimeCodec.decode($0, points: points) }
        guard !times.isEmpty else { throw DamagedBytes(reason: "a chunk without points") }
    }

    /// Writes the facts and gives the chunk its number.
    mutating func insert(in database: Database) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO chunk (run, resolution, first_round, last_round, first_at, last_at, points, times)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            run, resolution.rawValue, firstRound, lastRound, firstAt, lastAt, times.count,
            Data(TimeCodec.encode(times)),
        ])
        id = database.lastInsertedRowID
    }

    /// Removes the chunk and its blocks.
    func delete(in database: Database) throws {
        guard let id else { return }
        let keys = StatementArguments([Self.blockKey(chunk: id, series: 0), Self.blockKey(chunk: id + 1, series: 0)])
        try database.cachedStatement(sql: "DELETE FROM block WHERE id >= ? AND id < ?").execute(arguments: keys)
        try database.cachedStatement(sql: "DELETE FROM chunk WHERE id = ?").execute(arguments: [id])
    }
}
