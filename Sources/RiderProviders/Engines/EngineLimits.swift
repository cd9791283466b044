/// What an engine may use for one task, and how many tasks it gets at once.
public struct EngineLimits: Sendable, Hashable {
    /// A task that takes longer is ended, and the next engine is asked. `timeout_seconds`, default 30 s.
    public var timeout: Duration
    /// A longer answer is refused. `max_output_bytes`, default 32 MiB.
    public var maxOutputBytes: Int
    /// Tasks at once; others wait for their turn within their own time. `max_concurrent`, default 4. For a coprocess this is
    /// the number of its processes.
    public var maxConcurrent: Int

    public init(timeout: Duration = .seconds(30), maxOutputBytes: Int = 32 << 20, maxConcurrent: Int = 4) {
        self.timeout = timeout
        self.maxOutputBytes = maxOutputBytes
        self.maxConcurrent = max(1, maxConcurrent)
    }
}
