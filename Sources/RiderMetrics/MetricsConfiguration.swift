/// Limits of the metrics registry.
public struct MetricsConfiguration: Sendable {
    /// Series that one family may have; samples of further ones are counted, not kept. Default 1,000.
    public var maxSeriesPerFamily = 1_000
    /// Families at most, the declared ones included; default 500.
    public var maxFamilies = 500
    /// A label value keeps this many bytes at most; default 256.
    public var maxLabelValueBytes = 256
    /// A scrape waits this long for its collectors, then shows what they said before. Default 250 ms.
    public var collectorTimeout = Duration.milliseconds(250)

    public init() {}
}
