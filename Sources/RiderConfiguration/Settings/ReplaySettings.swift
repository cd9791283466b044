import Configuration

/// `[replay]`: sending history again.
public struct ReplaySettings: Sendable {
    /// Messages per second when no rate is given.
    public var rate: Int
    /// Messages read from the journal at once.
    public var chunkRows: Int
    /// Bytes of messages read from the journal at once.
    public var chunkBytes: Int

    init(_ reader: ConfigReader) throws {
        rate = try reader.requiredInt(forKey: "rate")
        chunkRows = try reader.requiredInt(forKey: "chunk_rows")
        chunkBytes = try reader.requiredInt(forKey: "chunk_bytes")
    }
}
