import Configuration

/// `[journal]`: the results file.
public struct JournalSettings: Sendable {
    public var commitRows: Int
    public var commitBytes: Int
    public var commitInterval: Duration
    /// Results waiting for a commit at most.
    public var maxWaitingRows: Int
    /// Bytes of results waiting for a commit at most.
    public var maxWaitingBytes: Int
    /// Runs of delivery states waiting for being written at most.
    public var maxPendingRanges: Int
    /// A larger result loses its binary fields.
    public var maxBodyBytes: Int
    /// Older results are removed.
    public var retention: Duration
    /// Size of the results file at most.
    public var maxBytes: Int
    /// Size of the write-ahead log, about.
    public var walBytes: Int
    /// Delivery states are written at least this often.
    public var deliveryFlush: Duration
    /// Replays remembered row by row at most.
    public var maxReplayRuns: Int
    /// Outages remembered at most.
    public var maxOutages: Int

    init(_ reader: ConfigReader) throws {
        commitRows = try reader.requiredInt(forKey: "commit_rows")
        commitBytes = try reader.requiredInt(forKey: "commit_bytes")
        commitInterval = .milliseconds(try reader.requiredInt(forKey: "commit_interval_ms"))
        maxWaitingRows = try reader.requiredInt(forKey: "max_waiting_rows")
        maxWaitingBytes = try reader.requiredInt(forKey: "max_waiting_bytes")
        maxPendingRanges = try reader.requiredInt(forKey: "max_pending_ranges")
        maxBodyBytes = try reader.requiredInt(forKey: "max_body_bytes")
        retention = .seconds(86_400 * (try reader.requiredInt(forKey: "retention_days")))
        maxBytes = try reader.requiredInt(forKey: "max_bytes")
        walBytes = try reader.requiredInt(forKey: "wal_bytes")
        deliveryFlush = .milliseconds(try reader.requiredInt(forKey: "delivery_flush_ms"))
        maxReplayRuns = try reader.requiredInt(forKey: "max_replay_runs")
        maxOutages = try reader.requiredInt(forKey: "max_outages")
    }
}
