/// How metric history is kept.
public struct HistoryConfiguration: Sendable, Hashable {
    /// Between two rounds. Default 5 s.
    public var sampleInterval = Duration.seconds(5)
    /// Rounds older than this become windows of a minute. Default 30 days.
    public var rawRetention = Duration.seconds(30 * 86_400)
    /// Windows of a minute older than this become windows of an hour. Default 90 days.
    public var minuteRetention = Duration.seconds(90 * 86_400)
    /// Windows of an hour older than this are removed. Default 730 days.
    public var hourRetention = Duration.seconds(730 * 86_400)
    /// The file may grow to this; beyond it history becomes coarser before its time, and at last shorter. Default 1 GiB.
    public var maxBytes: Int64 = 1 << 30
    /// Series in one round at most; further ones are counted, not kept. Default 10,000.
    public var maxSeries = 10_000

    public init() {}
}
