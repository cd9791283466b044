import Configuration

/// `[worker]`: claiming and running tasks.
public struct WorkerSettings: Sendable {
    /// Empty: the host's name.
    public var name: String
    /// Tasks in one claim at most.
    public var batchSize: Int
    /// Work claimed ahead of free slots at most.
    public var claimAhead: Duration
    /// What running tasks may take after SIGTERM.
    public var shutdownGrace: Duration

    init(_ reader: ConfigReader) throws {
        name = try reader.requiredString(forKey: "name")
        batchSize = try reader.requiredInt(forKey: "batch_size")
        claimAhead = .milliseconds(try reader.requiredInt(forKey: "claim_ahead_ms"))
        shutdownGrace = .seconds(try reader.requiredInt(forKey: "shutdown_grace_seconds"))
    }
}
