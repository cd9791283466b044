import Configuration

/// `[breaker]`: every provider's circuit breaker.
public struct BreakerSettings: Sendable {
    /// Failures in a row that open it.
    public var failureThreshold: Int
    /// How long it stays open before it tries again.
    public var openDuration: Duration
    /// Successes that close it.
    public var successThreshold: Int

    init(_ reader: ConfigReader) throws {
        failureThreshold = try reader.requiredInt(forKey: "failure_threshold")
        openDuration = .seconds(try reader.requiredInt(forKey: "open_seconds"))
        successThreshold = try reader.requiredInt(forKey: "success_threshold")
    }
}
