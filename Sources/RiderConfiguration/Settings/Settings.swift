import Configuration

/// Every setting with its type, valid and ready for use. ``ConfigurationLoader`` makes it.
public struct Settings: Sendable {
    /// Queue and journal live here; relative to the working directory.
    public var dataDirectory: String
    /// A level of swift-log: `trace` … `critical`.
    public var logLevel: String
    public var robot: RobotSettings
    public var ingest: IngestSettings
    public var queue: QueueSettings
    public var worker: WorkerSettings
    public var journal: JournalSettings
    public var telemetry: TelemetrySettings
    public var replay: ReplaySettings
    public var metrics: MetricsSettings
    public var http: HTTPSettings
    public var breaker: BreakerSettings
    public var redis: RedisSettings
    public var voice: VoiceSettings
    public var vision: VisionSettings
    public var text: TextSettings

    init(_ reader: ConfigReader, schema: Schema = .builtIn) throws {
        dataDirectory = try reader.requiredString(forKey: "data_dir")
        logLevel = try reader.requiredString(forKey: "log.level")
        robot = try RobotSettings(reader.scoped(to: "robot"))
        ingest = try IngestSettings(reader.scoped(to: "ingest"))
        queue = try QueueSettings(reader.scoped(to: "queue"))
        worker = try WorkerSettings(reader.scoped(to: "worker"))
        journal = try JournalSettings(reader.scoped(to: "journal"))
        telemetry = try TelemetrySettings(reader.scoped(to: "telemetry"))
        replay = try ReplaySettings(reader.scoped(to: "replay"))
        metrics = try MetricsSettings(reader.scoped(to: "metrics"))
        http = try HTTPSettings(reader.scoped(to: "http"))
        breaker = try BreakerSettings(reader.scoped(to: "breaker"))
        redis = try RedisSettings(reader.scoped(to: "redis"))
        voice = try VoiceSettings(reader.scoped(to: "voice"), schema: schema)
        vision = try VisionSettings(reader.scoped(to: "vision"), schema: schema)
        text = try TextSettings(reader.scoped(to: "text"), schema: schema)
    }

    /// Where telemetry goes: what is configured, else the robot's broker, else listeners on this machine.
    public var telemetryEndpoint: String {
        if !telemetry.endpoint.isEmpty { return telemetry.endpoint }
        return robotAddress(port: robot.publishPort) ?? "bind://127.0.0.1:5557"
    }

    /// - Returns: `tcp://HOST:PORT` of the robot; nil when there is none.
    public func robotAddress(port: Int) -> String? {
        robotAuthority.map { "tcp://\($0):\(port)" }
    }

    /// `http://HOST:PORT` of the robot's HTTP interface; nil when there is no robot.
    public var robotURL: String? {
        robotAuthority.map { "http://\($0):\(robot.httpPort)" }
    }

    /// The robot's host as it stands in addresses; nil when there is no robot.
    private var robotAuthority: String? {
        if robot.host.isEmpty { return nil }
        let isBareIPv6 = robot.host.contains(":") && !robot.host.hasPrefix("[")
        return isBareIPv6 ? "[\(robot.host)]" : robot.host
    }
}
