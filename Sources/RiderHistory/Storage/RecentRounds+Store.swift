import GRDB

extension RecentRounds {
    /// Writes the rounds as a chunk instead of their rows.
    func store(in database: Database) throws {
        // First, so that the chunk has their room.
        try database.cachedStatement(sql: "DELETE FROM recent").execute()
        var chunk = chunk
        try chunk.insert(in: database)
        for series in series {
            guard let values = column(of: series) else { continue }
            try Block.insert(Block.encode([values]), of: series, in: chunk, database)
            guard let last = values.lastIndex(where: { !SampleValue.isAbsent($0) }) else { continue }
            try database.cachedStatement(sql: "UPDATE series SET last_at = max(last_at, ?) WHERE id = ?")
                .execute(arguments: [chunk.times[last], series])
        }
    }
}
