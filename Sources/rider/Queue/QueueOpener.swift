import Logging
import RiderConfiguration
import RiderModel
import RiderQueue
import RiderRedis

/// Opens the queue that the settings name.
enum QueueOpener {
    /// The queue's file in the data folder.
    static let fileName = "queue.db"

    /// Where the queue is, for people.
    static func place(_ settings: Settings) -> String {
        settings.queue.backend == "redis"
            ? RedisConfiguration(settings.redis).address : settings.dataDirectory + "/" + fileName
    }

    /// - Parameter owner: names the leases that are taken through it.
    static func open(_ settings: Settings, owner: String) async throws -> any TaskQueue {
        switch settings.queue.backend {
        case "embedded":
            try await EmbeddedQueue(
                path: place(settings), owner: owner,
                configuration: QueueConfiguration(settings.queue))
        case "redis":
            RedisQueue(
                redis: RedisConfiguration(settings.redis), owner: owner,
                configuration: QueueConfiguration(settings.queue))
        case let backend:
            throw CommandFailure("there is no queue of the kind \(backend): set queue.backend to embedded or redis")
        }
    }

    /// Opens the queue for a command that only puts in, looks or repairs.
    static func withQueue<Value>(
        _ settings: Settings, _ work: (any TaskQueue) async throws -> Value
    ) async throws -> Value {
        let queue = try await open(settings, owner: "command-line")
        guard let redis = queue as? RedisQueue else { return try await work(queue) }
        return try await redis.withConnectionThread { try await work(redis) }
    }
}

extension QueueConfiguration {
    init(_ settings: QueueSettings) {
        self.init()
        maxSize = settings.maxSize
        maxTaskBytes = settings.maxTaskBytes
        leaseDuration = settings.leaseDuration
        maxAttempts = settings.maxAttempts
        retryBase = settings.retryBase
        retryMaximum = settings.retryMaximum
        aging = settings.aging
        maxDeadLetters = settings.maxDeadLetters
    }
}

extension RedisConfiguration {
    init(_ settings: RedisSettings) {
        self.init()
        host = settings.host
        port = settings.port
        socket = settings.socket
        database = settings.database
        username = settings.username
        password = settings.password
        prefix = settings.prefix
        poolSize = settings.poolSize
        connectTimeout = settings.connectTimeout
        commandTimeout = settings.commandTimeout
        blockTime = settings.blockTime
        legacyLists = settings.legacyLists
    }
}
