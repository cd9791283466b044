import Configuration

/// `[robot]`: the robot and what is sent to it.
public struct RobotSettings: Sendable {
    /// Empty: no robot.
    public var host: String
    /// The broker's XSUB port.
    public var publishPort: Int
    /// The broker's XPUB port.
    public var subscribePort: Int
    /// Of the robot's HTTP interface.
    public var httpPort: Int
    /// The robot may take this long for an answer by HTTP.
    public var httpTimeout: Duration
    /// Between two heartbeats.
    public var heartbeatInterval: Duration
    /// Between two idle voice results; zero sends none.
    public var idleVoiceInterval: Duration
    /// `pl` or `en`: for people whose own words do not show theirs.
    public var language: String
    /// `pc`, or empty to follow the robot.
    public var assumeMode: String
    /// Obstacle messages per second at most.
    public var obstacleHz: Double
    /// Older robot messages are not sent.
    public var maxAge: Duration
    /// Older voice messages are not sent.
    public var voiceMaxAge: Duration
    /// Messages waiting in the socket at most.
    public var sendHighWaterMark: Int

    init(_ reader: ConfigReader) throws {
        host = try reader.requiredString(forKey: "host")
        publishPort = try reader.requiredInt(forKey: "publish_port")
        subscribePort = try reader.requiredInt(forKey: "subscribe_port")
        httpPort = try reader.requiredInt(forKey: "http_port")
        httpTimeout = .milliseconds(try reader.requiredInt(forKey: "http_timeout_ms"))
        heartbeatInterval = .seconds(try reader.requiredInt(forKey: "heartbeat_seconds"))
        idleVoiceInterval = .seconds(try reader.requiredInt(forKey: "idle_voice_seconds"))
        language = try reader.requiredString(forKey: "language")
        assumeMode = try reader.requiredString(forKey: "assume_mode")
        obstacleHz = try reader.requiredDouble(forKey: "obstacle_hz")
        maxAge = .milliseconds(try reader.requiredInt(forKey: "max_age_ms"))
        voiceMaxAge = .milliseconds(try reader.requiredInt(forKey: "voice_max_age_ms"))
        sendHighWaterMark = try reader.requiredInt(forKey: "send_high_water_mark")
    }
}
