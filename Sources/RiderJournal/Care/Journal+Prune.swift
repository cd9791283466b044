import RiderModel

/// Which rows a person wants to have removed.
public struct PruneRequest: Sendable, Hashable {
    /// Recorded before this time.
    public var before: UnixTime
    /// Rows that a listener may have missed as well.
    public var includesUndelivered: Bool

    public init(before: UnixTime, includesUndelivered: Bool = false) {
        self.before = before
        self.includesUndelivered = includesUndelivered
    }
}

/// What was removed.
public struct PruneReport: Sendable, Hashable {
    public var delivered: Int64 = 0
    /// Rows that a listener may have missed.
    public var undelivered: Int64 = 0

    public var rows: Int64 { delivered + undelivered }

    public init() {}
}

extension Journal {
    /// Removes rows on a person's wish: delivered and superseded ones, and when asked for those that a listener may have
    /// missed, after the others. Between two chunks everything else goes on.
    ///
    /// The file does not shrink; its room is used again. See ``compact()``.
    ///
    /// - Parameter progress: called after each chunk.
    /// - Throws: ``JournalError``; `cancelled` when the task is cancelled: what was removed is gone.
    public func prune(
        _ request: PruneRequest, progress: @Sendable (PruneReport) -> Void = { _ in }
    ) async throws(JournalError) -> PruneReport {
        var report = PruneReport()
        while !Task.isCancelled {
            let removal = try await inbox.perform("removing rows") { writer in try writer.prune(request) }
            guard let removal else { return report }
            if removal.reason == .pruned {
                report.delivered += Int64(removal.rows)
            } else {
                report.undelivered += Int64(removal.rows)
            }
            progress(report)
        }
        throw JournalError(.cancelled, "cancelled; \(report.rows) rows were removed")
    }

    /// Gives the room of removed rows back to the disk. The file is written anew, which takes as much room again for a while,
    /// and nothing is committed meanwhile.
    ///
    /// - Returns: bytes of the file before and after.
    public func compact() async throws(JournalError) -> (before: Int64, after: Int64) {
        let sizes = try await inbox.perform("compacting \(directory)/\(ResultsFile.name)") { writer in
            let before = try writer.file.pageCount()
            try writer.file.compact()
            return [before, try writer.file.pageCount()]
        }
        return (sizes[0] * ResultsFile.pageSize, sizes[1] * ResultsFile.pageSize)
    }
}
