import RiderModel

extension Journal {
    /// Puts down what happened since the last worker lived: its open outages end with it, and its absence is one of its own
    /// when it was killed, or left rows of which nobody knows whether they arrived. To be called when a worker starts.
    ///
    /// - Returns: the outage of the absence; nil when there was none.
    public func recordAbsence() async throws(JournalError) -> Outage? {
        let (now, kept) = (time.wall(), configuration.maxOutages)
        return try await inbox.perform("noting the worker's start") { writer in
            try writer.makingRoom { file in
                try file.transaction { try OutageTable.recordAbsence(until: now, keeping: kept, in: $0) }
            }
        }
    }

    /// Begins an outage. Beyond `journal.max_outages` the oldest ended ones are forgotten.
    public func beginOutage(_ beginning: OutageStateMachine.Beginning) async throws(JournalError) -> Outage.ID {
        let kept = configuration.maxOutages
        return try await inbox.perform("beginning an outage") { writer in
            try writer.makingRoom { file in
                try file.transaction { try OutageTable.begin(beginning, keeping: kept, in: $0) }
            }
        }
    }

    /// Gives an outage another cause.
    public func renameOutage(_ id: Outage.ID, _ cause: Outage.Cause) async throws(JournalError) {
        try await inbox.perform("renaming outage \(id)") { writer in
            try writer.makingRoom { file in try file.transaction { try OutageTable.rename(id, cause, in: $0) } }
        }
    }

    /// Ends an outage with the newest row there is.
    public func endOutage(_ id: Outage.ID, at time: UnixTime) async throws(JournalError) -> Outage {
        try await inbox.perform("ending outage \(id)") { writer in
            try writer.makingRoom { file in
                let last = file.lastSeq
                return try file.transaction { try OutageTable.end(id, at: time, through: last, in: $0) }
            }
        }
    }

    /// Notes that the worker lives, so that the next one knows since when none did.
    ///
    /// - Parameter isEnding: it ends in good order.
    public func noteWorkerLife(isEnding: Bool = false) async throws(JournalError) {
        let now = time.wall()
        try await inbox.perform("noting that the worker lives") { writer in
            try writer.makingRoom { file in
                try file.transaction {
                    try isEnding ? OutageTable.noteEnd(at: now, in: $0) : OutageTable.noteLife(at: now, in: $0)
                }
            }
        }
    }
}
