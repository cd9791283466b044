import RiderModel

/// A journal in numbers.
public struct JournalStats: Sendable, Hashable {
    /// One file on the disk.
    public struct File: Sendable, Hashable {
        public var name: String
        public var bytes: Int64
    }

    /// What one topic has.
    public struct Topic: Sendable, Hashable {
        public var topic: TelemetryTopic
        public var rows: Int64
        /// The last number that was given out in it.
        public var lastNumber: Int64
    }

    /// Names the journal.
    public var publisherID: String
    public var rows: Int64 = 0
    public var firstSeq: Int64?
    public var lastSeq: Int64?
    public var firstRecordedAt: UnixTime?
    public var lastRecordedAt: UnixTime?
    /// Topics that have ever been written.
    public var topics: [Topic] = []
    /// Results by `completed` and `failed`.
    public var rowsByStatus: [String: Int64] = [:]
    /// States that no row has are left out.
    public var rowsByState: [DeliveryState: Int64] = [:]
    /// Runs of delivery states in the table.
    public var deliveryRuns: Int64 = 0
    /// Rows of workers that had lost their lease: never sent.
    public var superseded: Int64 = 0
    /// Every file of the journal that exists, set-aside ones included.
    public var files: [File] = []

    /// Bytes of all files.
    public var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
}
