import GRDB

/// Rounds that are not in a chunk yet, rebuilt from their changes.
struct RecentRounds {
    /// Their facts, as of a chunk without a number.
    let chunk: Chunk
    private var positions: [Int64: Int] = [:]
    private var columns: [[Double]] = []

    /// - Returns: nil when there are none.
    /// - Throws: ``DamagedBytes`` or `DatabaseError`.
    init?(_ database: Database) throws {
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT round, run, at, changes FROM recent ORDER BY round"))
        guard let first = rows.first, let last = rows.last else { return nil }
        let chunk = Chunk(
            id: nil, run: first[1], resolution: .raw, firstRound: first[0], lastRound: last[0],
            times: rows.map { $0[2] })
        self.chunk = chunk
        guard rows.allSatisfy({ $0[1] as Int64 == chunk.run }), zip(chunk.times, chunk.times.dropFirst()).allSatisfy(<)
        else { throw DamagedBytes(reason: "recent rounds are not in order") }
        for (index, row) in rows.enumerated() {
            try row.withBytes(atIndex: 3) { try apply($0, at: index) }
        }
    }

    /// The series that were there in any of the rounds, by rising number.
    var series: [Int64] { positions.keys.sorted() }

    /// A series' value in each round; nil when it was in none.
    func column(of series: Int64) -> [Double]? { positions[series].map { columns[$0] } }

    private mutating func apply(_ changes: UnsafeRawBufferPointer, at index: Int) throws {
        if index > 0 {
            for position in columns.indices { columns[position][index] = columns[position][index - 1] }
        }
        var changed: [(Int64, Double)] = []
        try RoundCodec.decode(
            changes,
            previous: { series in
                let value = positions[series].map { columns[$0][index] } ?? SampleValue.absent
                return SampleValue.isAbsent(value) ? 0 : value
            },
            take: { changed.append(($0, $1)) })
        for (series, value) in changed {
            let position = positions[series] ?? columns.count
            if position == columns.count {
                positions[series] = position
                columns.append([Double](repeating: SampleValue.absent, count: chunk.times.count))
            }
            columns[position][index] = value
        }
    }
}
