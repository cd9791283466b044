import CoreMetrics
import RiderQueue

/// How the Redis behind a queue is set and how it is.
public struct RedisHealth: Sendable, Hashable {
    public var version: String
    /// Redis' `maxmemory-policy`. Anything but `noeviction` lets Redis throw whole queues away when its memory is full.
    public var evictionPolicy: String
    /// In bytes.
    public var usedMemory: Int
    /// In bytes; 0 means no limit.
    public var maxMemory: Int
    /// Whether tasks survive the end of the server.
    public var appendOnly: Bool

    /// What endangers the queue, in words for people; empty when nothing does.
    public var warnings: [String] {
        var warnings: [String] = []
        if evictionPolicy != "noeviction" {
            warnings.append("maxmemory-policy is \(evictionPolicy): set it to noeviction")
        }
        if !appendOnly { warnings.append("appendonly is off: tasks do not survive the end of Redis") }
        return warnings
    }
}

extension RedisQueue {
    public func warnings() async throws(QueueError) -> [String] {
        try await health().warnings
    }

    /// Asks the server; sets the gauge `task_queue_redis_noeviction` as well.
    public func health() async throws(QueueError) -> RedisHealth {
        let replies = try await perform(
            ["server", "memory", "persistence"].map { RedisCommand("INFO", $0) }, "look into")
        let info = RedisInfo(replies.compactMap(\.string).joined(separator: "\n"))
        let health = RedisHealth(
            version: info["redis_version"] ?? "", evictionPolicy: info["maxmemory_policy"] ?? "",
            usedMemory: info["used_memory"].flatMap { Int($0) } ?? 0,
            maxMemory: info["maxmemory"].flatMap { Int($0) } ?? 0, appendOnly: info["aof_enabled"] == "1")
        noeviction.record(health.evictionPolicy == "noeviction" ? 1 : 0)
        return health
    }
}
