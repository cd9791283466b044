/// How replays and catch-ups behave.
public struct ReplayConfiguration: Sendable, Hashable {
    public enum CatchUp: String, Sendable, Hashable, CaseIterable {
        case off
        /// What no listener is known to have is sent when the link is back.
        case undelivered
    }

    /// Messages per second when no rate is given; fewer while the way to the broker is congested. Default 500.
    public var rate = 500
    /// Rows read from the journal at once. Default 256.
    public var chunkRows = 256
    /// Bytes of bodies read from the journal at once. Default 1 MiB.
    public var chunkBytes = 1 << 20
    /// Default ``CatchUp/undelivered``.
    public var catchUp = CatchUp.undelivered
    /// Messages per second of a catch-up at most; 0 is no limit. Default 1,000.
    public var catchUpPerSecond = 1000
    /// A catch-up leaves older rows to `rider replay`. Default 1 hour.
    public var catchUpMaxAge = Duration.seconds(3600)
    /// Rows of one catch-up at most: the newest ones. Default 20,000.
    public var catchUpMaxRows = 20_000

    public init() {}
}
