import GRDB

extension RecentRounds {
    /// Writes the rounds as a chunk and removes their rows.
    func store(in database: Database) throws {
        var chunk = chunk
        try chunk.insert(in: database)
        for series in series {
            guard let values = column(of: series) else { continue }
            try Block.insert(columns: [values], of: series, in: chunk, database)
            guard let last = values.lastIndex(where: { !SampleValue.isAbsent($0) }) else { continue }
            try database.cachedStatement(sql: "UPDATE series SET last_at = max(last_at, ?) WHERE id = ?")
                .execute(arguments: [chunk.times[last], series])
        }
        try database.cachedStatement(sql: "DELETE FROM recent").execute()
    }
}
