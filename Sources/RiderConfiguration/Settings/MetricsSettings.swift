import Configuration

/// `[metrics]`: the history of metrics.
public struct MetricsSettings: Sendable {
    /// Between two rounds; zero: no history.
    public var sampleInterval: Duration
    /// Send what changed on `telemetry.metrics`.
    public var publishes: Bool
    /// Bodies of these messages stay in the journal for so long.
    public var messageRetention: Duration
    /// Older rounds become windows of a minute.
    public var rawRetention: Duration
    /// Older windows of a minute become windows of an hour.
    public var minuteRetention: Duration
    /// Older windows of an hour are removed.
    public var hourRetention: Duration
    /// Size of the samples file at most.
    public var maxBytes: Int
    /// Series in a round at most.
    public var maxSeries: Int

    init(_ reader: ConfigReader) throws {
        func days(_ key: ConfigKey) throws -> Duration { .seconds(86_400 * (try reader.requiredInt(forKey: key))) }
        sampleInterval = .seconds(try reader.requiredInt(forKey: "sample_seconds"))
        publishes = try reader.requiredBool(forKey: "publish")
        messageRetention = .seconds(3600 * (try reader.requiredInt(forKey: "message_hours")))
        rawRetention = try days("raw_days")
        minuteRetention = try days("minute_days")
        hourRetention = try days("hour_days")
        maxBytes = try reader.requiredInt(forKey: "max_bytes")
        maxSeries = try reader.requiredInt(forKey: "max_series")
    }
}
