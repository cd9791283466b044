extension JournalReader {
    /// Replays, newest first.
    ///
    /// - Parameters:
    ///   - id: only older ones: to go on, put in the last one that was read.
    ///   - limit: runs at most.
    public func replayRuns(before id: ReplayRun.ID = .max, limit: Int = 50) throws(JournalError) -> [ReplayRun] {
        try read { try ReplayTable.runs(before: id, limit: limit, in: $0) }
    }

    /// One replay; nil when there is none of that number, or it has been forgotten.
    public func replayRun(_ id: ReplayRun.ID) throws(JournalError) -> ReplayRun? {
        try read { try ReplayTable.run(id, in: $0) }
    }

    /// What became of rows in one replay, in the order of `seq`; rows in none of the ranges were not sent by it.
    ///
    /// - Parameter limit: ranges at most; to go on, ask again after the last one.
    public func replayAttempts(
        ofRun id: ReplayRun.ID, from first: Int64 = 1, through last: Int64 = .max - 1, limit: Int = 512
    ) throws(JournalError) -> [DeliveryRange] {
        try read { try DeliveryTable.attempts(ofRun: id).ranges(touching: first, last, limit: limit, in: $0) }
    }
}
