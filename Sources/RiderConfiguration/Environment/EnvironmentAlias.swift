/// A variable of the program that `rider` replaces, which keeps working.
struct EnvironmentAlias: Sendable, Hashable {
    enum Meaning: Sendable, Hashable {
        /// Read as the variable made by rule would be.
        case same
        /// The text `true` in any case is on, everything else is off.
        case oldFlag
        /// Off switches the key off; on leaves it as it is.
        case masterSwitch
    }

    let name: String
    let key: String
    let meaning: Meaning

    private init(_ name: String, _ key: String, _ meaning: Meaning = .same) {
        self.name = name
        self.key = key
        self.meaning = meaning
    }

    /// For keys with several aliases the first one wins.
    static let all: [EnvironmentAlias] = [
        .init("LOG_LEVEL", "log.level"),
        .init("RIDER_PI_HOST", "robot.host"),
        .init("RIDER_PI_PORT", "robot.http_port"),
        .init("ZMQ_PUB_PORT", "robot.publish_port"),
        .init("ZMQ_SUB_PORT", "robot.subscribe_port"),
        .init("ENABLE_TASK_QUEUE", "ingest.enabled", .oldFlag),
        .init("TASK_QUEUE_BACKEND", "queue.backend"),
        .init("TASK_QUEUE_MAX_SIZE", "queue.max_size"),
        .init("ENABLE_TELEMETRY", "telemetry.enabled", .oldFlag),
        .init("SERVER_HOST", "http.host"),
        .init("SERVER_PORT", "http.port"),
        .init("PC_PUBLIC_BASE_URL", "http.public_base_url"),
        .init("REDIS_HOST", "redis.host"),
        .init("TASK_QUEUE_HOST", "redis.host"),
        .init("REDIS_PORT", "redis.port"),
        .init("TASK_QUEUE_PORT", "redis.port"),
        .init("REDIS_DB", "redis.db"),
        .init("REDIS_USERNAME", "redis.username"),
        .init("REDIS_PASSWORD", "redis.password"),
        .init("TASK_QUEUE_PASSWORD", "redis.password"),
        .init("ENABLE_PROVIDERS", "voice.enabled", .masterSwitch),
        .init("ENABLE_PROVIDERS", "vision.enabled", .masterSwitch),
        .init("ENABLE_PROVIDERS", "text.enabled", .masterSwitch),
    ]

    static func names(of key: String) -> [String] {
        all.filter { $0.key == key }.map(\.name)
            + (key == TelemetryAddress.key ? [TelemetryAddress.hostName, TelemetryAddress.portName] : [])
    }
}
