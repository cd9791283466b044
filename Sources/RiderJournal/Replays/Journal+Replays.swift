import RiderModel

extension Journal {
    /// Begins a replay. Beyond `journal.max_replay_runs` the oldest ended ones are forgotten; what they did for their rows is
    /// not.
    ///
    /// - Throws: ``JournalError`` when it cannot be written.
    public func beginReplay(_ plan: ReplayPlan) async throws(JournalError) -> ReplayRun {
        let (now, kept) = (time.wall(), configuration.maxReplayRuns)
        return try await inbox.perform("beginning a replay") { writer in
            try writer.makingRoom { file in
                try file.transaction { try ReplayTable.begin(plan, at: now, keeping: kept, in: $0) }
            }
        }
    }

    /// Takes up a run that was stopped, or that an earlier process left running.
    ///
    /// - Throws: `notFound` when there is no such run, `conflict` when it runs or is done.
    public func resumeReplay(_ id: ReplayRun.ID) async throws(JournalError) -> ReplayRun {
        try await inbox.perform("resuming replay \(id)") { writer in
            try writer.makingRoom { file in try file.transaction { try ReplayTable.resume(id, in: $0) } }
        }
    }

    /// Notes how far a run is, and what became of rows in it. Returns at once; written with the next commit, or after the
    /// flush interval. Steps that ``DeliveryState/mayBecomeByAttempt(_:)`` does not allow are refused and counted.
    ///
    /// - Parameters:
    ///   - position: a resumed run goes on behind this row: put in the last row before which nothing is in doubt. nil leaves
    ///     it where it is.
    ///   - ranges: in the order of events.
    public func recordReplay(_ id: ReplayRun.ID, position: Int64?, ranges: [DeliveryRange]) {
        var news = DeliveryNews()
        var replay = ReplayNews(position: position)
        for range in ranges { replay.ledger.record(range) }
        news.replays[id] = replay
        report(news)
    }

    /// Ends a run, after everything that was recorded of it. With a probe, rows that are still `handed_off` become
    /// `uncertain`, and a stopped run goes back to before the first of them.
    ///
    /// - Parameter isDone: false: it may be resumed.
    /// - Returns: the run as it ended.
    /// - Throws: `notFound` when there is no such run.
    public func endReplay(_ id: ReplayRun.ID, isDone: Bool) async throws(JournalError) -> ReplayRun {
        let now = time.wall()
        return try await inbox.perform("ending replay \(id)") { writer in
            try writer.makingRoom { file in
                try file.transaction { try ReplayTable.end(id, isDone: isDone, at: now, in: $0) }
            }
        }
    }
}
