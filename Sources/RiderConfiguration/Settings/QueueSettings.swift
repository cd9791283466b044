import Configuration

/// `[queue]`: the queue, whichever store is behind it.
public struct QueueSettings: Sendable {
    /// `embedded` or `redis`.
    public var backend: String
    /// Tasks at most.
    public var maxSize: Int
    /// A larger task is refused.
    public var maxTaskBytes: Int
    /// A lease that is not renewed for this long ends.
    public var leaseDuration: Duration
    /// Claims without a result before a task becomes a dead letter.
    public var maxAttempts: Int
    public var retryBase: Duration
    public var retryMaximum: Duration
    /// A task counts as one level more urgent for each such time it has waited; zero: never.
    public var aging: Duration
    /// Dead letters kept at most.
    public var maxDeadLetters: Int

    init(_ reader: ConfigReader) throws {
        backend = try reader.requiredString(forKey: "backend")
        maxSize = try reader.requiredInt(forKey: "max_size")
        maxTaskBytes = try reader.requiredInt(forKey: "max_task_bytes")
        leaseDuration = .seconds(try reader.requiredInt(forKey: "lease_seconds"))
        maxAttempts = try reader.requiredInt(forKey: "max_attempts")
        retryBase = .milliseconds(try reader.requiredInt(forKey: "retry_base_ms"))
        retryMaximum = .milliseconds(try reader.requiredInt(forKey: "retry_max_ms"))
        aging = .seconds(try reader.requiredInt(forKey: "aging_seconds"))
        maxDeadLetters = try reader.requiredInt(forKey: "max_dead_letters")
    }
}
