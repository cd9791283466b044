import Configuration

/// `[telemetry]`: publishing results.
public struct TelemetrySettings: Sendable {
    public var isEnabled: Bool
    /// As it was written; see ``Settings/telemetryEndpoint`` for what an empty one means.
    public var endpoint: String
    /// Publish `telemetry.task.completed` as well.
    public var legacyTopic: Bool
    /// A larger message loses its binary fields.
    public var maxMessageBytes: Int
    /// Messages in the socket per listener.
    public var sendHighWaterMark: Int
    /// Messages waiting in memory at most.
    public var bufferMessages: Int
    /// Bytes waiting in memory at most.
    public var bufferBytes: Int
    /// `undelivered` or `off`.
    public var catchUp: String
    /// A catch-up sends nothing that is older.
    public var catchUpMaxAge: Duration
    /// Of one catch-up.
    public var catchUpMaxRows: Int
    /// A shorter interruption of the link is no outage.
    public var outage: Duration
    /// Messages per second of a catch-up at most; 0: no limit.
    public var catchUpPerSecond: Int
    /// Live messages per second through the robot's broker at most; 0: no limit.
    public var livePerSecond: Int
    /// Subscriptions may take this long after the link came up.
    public var settle: Duration
    /// Between probes while messages are unconfirmed.
    public var probeInterval: Duration
    /// What is in memory at the end may still be sent for this long.
    public var stopLinger: Duration
    /// Between heartbeats of every ZeroMQ link.
    public var heartbeatInterval: Duration
    /// A frozen peer is noticed after this.
    public var heartbeatTimeout: Duration
    /// Where listeners ask for what they missed; empty: they cannot.
    public var recoveryEndpoint: String
    /// Listeners that ask at a time at most.
    public var recoveryListeners: Int
    /// A silent listener is forgotten after this.
    public var recoveryIdle: Duration
    /// Messages in one answer at most.
    public var recoveryAnswerMessages: Int
    /// Bytes on their way to one listener at most.
    public var recoveryWindowBytes: Int

    init(_ reader: ConfigReader) throws {
        isEnabled = try reader.requiredBool(forKey: "enabled")
        endpoint = try reader.requiredString(forKey: "endpoint")
        legacyTopic = try reader.requiredBool(forKey: "legacy_topic")
        maxMessageBytes = try reader.requiredInt(forKey: "max_message_bytes")
        sendHighWaterMark = try reader.requiredInt(forKey: "send_high_water_mark")
        bufferMessages = try reader.requiredInt(forKey: "buffer_messages")
        bufferBytes = try reader.requiredInt(forKey: "buffer_bytes")
        catchUpPerSecond = try reader.requiredInt(forKey: "catch_up_per_second")
        livePerSecond = try reader.requiredInt(forKey: "live_per_second")
        catchUp = try reader.requiredString(forKey: "catch_up")
        catchUpMaxAge = .seconds(try reader.requiredInt(forKey: "catch_up_max_age_seconds"))
        catchUpMaxRows = try reader.requiredInt(forKey: "catch_up_max_rows")
        outage = .milliseconds(try reader.requiredInt(forKey: "outage_ms"))
        settle = .milliseconds(try reader.requiredInt(forKey: "settle_ms"))
        probeInterval = .milliseconds(try reader.requiredInt(forKey: "probe_interval_ms"))
        stopLinger = .milliseconds(try reader.requiredInt(forKey: "stop_linger_ms"))
        heartbeatInterval = .milliseconds(try reader.requiredInt(forKey: "heartbeat_interval_ms"))
        heartbeatTimeout = .milliseconds(try reader.requiredInt(forKey: "heartbeat_timeout_ms"))
        recoveryEndpoint = try reader.requiredString(forKey: "recovery_endpoint")
        recoveryListeners = try reader.requiredInt(forKey: "recovery_listeners")
        recoveryIdle = .seconds(try reader.requiredInt(forKey: "recovery_idle_seconds"))
        recoveryAnswerMessages = try reader.requiredInt(forKey: "recovery_answer_messages")
        recoveryWindowBytes = try reader.requiredInt(forKey: "recovery_window_bytes")
    }
}
