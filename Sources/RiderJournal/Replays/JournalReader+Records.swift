import RiderModel

extension JournalReader {
    /// The records that meet a query, with their bodies and nothing else: what a replay sends.
    ///
    /// - Returns: none when there are no more; ``JournalQuery/limit`` and ``JournalQuery/maxBodyBytes`` bound them.
    public func records(_ query: JournalQuery) throws(JournalError) -> [JournalRecord] {
        let scan = ResultScan(query)
        var records: [JournalRecord] = []
        var bodyBytes = 0
        try forEachChunk(of: query) { after, end, database in
            records += try scan.records(
                after: after, through: end, limit: query.limit - records.count, bodyBytes: &bodyBytes, in: database)
            return records.count < query.limit && bodyBytes < query.maxBodyBytes
        }
        return records
    }
}

extension Journal {
    /// Returns when everything that was reported before is written, so that a reader finds it.
    public func writeReports() async throws(JournalError) {
        try await inbox.perform("writing reports") { _ in }
    }
}
