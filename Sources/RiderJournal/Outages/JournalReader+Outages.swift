import RiderModel

extension JournalReader {
    /// Outages, newest first.
    ///
    /// - Parameters:
    ///   - id: only older ones: to go on, put in the last one that was read.
    ///   - since: only those that lasted beyond this time.
    ///   - limit: outages at most.
    public func outages(
        before id: Outage.ID = .max, since: UnixTime? = nil, limit: Int = 50
    ) throws(JournalError) -> [Outage] {
        try read { try OutageTable.outages(before: id, since: since, limit: limit, in: $0) }
    }

    /// What `last-outage` means: the last outage that rows were in, together with those just before it between which nothing
    /// arrived; nil when there has been none.
    ///
    /// A replay that begins there begins with its ``OutageSpan/firstSeq``; one that ends there ends with its
    /// ``OutageSpan/lastSeq``.
    public func lastOutage() throws(JournalError) -> OutageSpan? {
        try read { try OutageTable.lastSpan(in: $0) }
    }
}
