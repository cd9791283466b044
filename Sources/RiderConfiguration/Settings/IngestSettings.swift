import Configuration

/// `[ingest]`: robot messages on their way into the queue.
public struct IngestSettings: Sendable {
    public var isEnabled: Bool
    /// A larger message is refused.
    public var maxMessageBytes: Int
    /// Messages between bus and queue at most.
    public var bufferSize: Int

    init(_ reader: ConfigReader) throws {
        isEnabled = try reader.requiredBool(forKey: "enabled")
        maxMessageBytes = try reader.requiredInt(forKey: "max_message_bytes")
        bufferSize = try reader.requiredInt(forKey: "buffer_size")
    }
}
