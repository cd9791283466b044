import Foundation
import Logging
import Metrics
import RiderModel
import RiderQueue
import Testing

@testable import RiderRedis

extension QueueBackend {
    /// Those that run here.
    static let all = [redis]
    static let redis = QueueBackend(name: "redis") { try RedisStore() }
}

/// A queue on a Redis of its own, whose scripts read the time from a key that the test moves.
final class RedisStore: SharedQueueStore {
    static let clock = """
        local root = KEYS[1]
        local function now() return tonumber(redis.call('GET', root .. ':clock')) end
        """

    let server: RedisServer

    init() throws {
        server = try RedisServer()
        _ = try server.perform(RedisCommand("SET", "{rider}:clock", "1800000000000"))
    }

    func open(
        _ owner: String, _ configuration: QueueConfiguration, randomness: @escaping @Sendable () -> Double,
        metrics: any MetricsFactory
    ) async throws -> any TaskQueue {
        RedisQueue(
            redis: server.configuration, owner: owner, configuration: configuration, time: .system,
            randomness: randomness, logger: Logger(label: "test"), metrics: metrics,
            clock: Self.clock)
    }

    func serve(_ queue: any TaskQueue) async throws {
        let redis = try #require(queue as? RedisQueue)
        try await redis.run()
    }

    func advance(by duration: Duration) throws {
        _ = try server.perform(RedisCommand("INCRBY", "{rider}:clock", String(duration.wholeMilliseconds)))
        // Redis' own clock did not move with it: those who wait must look.
        for domain in Domain.allCases {
            _ = try server.perform(RedisCommand("ZADD", "{rider}:wake:\(domain.rawValue)", "0", "look"))
        }
    }

    func now() throws -> UnixTime {
        UnixTime(milliseconds: try #require(try server.perform(RedisCommand("GET", "{rider}:clock")).integer))
    }

    func audit() throws {
        let tasks = try strings("HKEYS", "tasks")
        var places: [String] = []
        var ready: [String] = []
        let keys = try server.perform(RedisCommand("KEYS", "{rider}:*")).array.compactMap(\.string)
        for key in keys where key.hasPrefix("{rider}:ready:") || key.hasPrefix("{rider}:superseded:") {
            let command = key.hasPrefix("{rider}:ready:") ? "LRANGE" : "ZRANGE"
            let elements = try server.perform(RedisCommand(command, key, "0", "-1")).array.compactMap(\.string)
            let read = elements.compactMap { QueueElement(Array($0.utf8)) }
            #expect(read.count == elements.count)
            places += read.map { String($0.position) }
            guard key.hasPrefix("{rider}:ready:") else { continue }
            ready.append(String(key.dropFirst("{rider}:ready:".count)))
            #expect(read.map(\.position) == read.map(\.position).sorted(), "\(key) is out of order")
            #expect(read.allSatisfy { key.hasSuffix(":\($0.priority.rawValue) \($0.type)") })
        }
        #expect(try strings("ZRANGE", "ready", "0", "-1").sorted() == ready.sorted())
        let leased = try strings("HKEYS", "leased")
        #expect(try strings("ZRANGE", "lease_ends", "0", "-1").sorted() == leased.sorted())
        places += leased
        places += try strings("ZRANGE", "delayed", "0", "-1").compactMap {
            QueueElement(Array($0.utf8)).map { String($0.position) }
        }
        // Every task is in one place, and every place is a task's.
        #expect(places.sorted() == tasks.sorted())
        #expect(try strings("HVALS", "ids").sorted() == tasks.sorted())
        let dead = try strings("ZRANGE", "dead", "0", "-1").sorted()
        #expect(try strings("HKEYS", "dead:facts").sorted() == dead)
        #expect(try strings("HKEYS", "dead:bytes").sorted() == dead)
    }

    private func strings(_ command: String, _ key: String, _ arguments: String...) throws -> [String] {
        var command = RedisCommand(command, "{rider}:\(key)")
        for argument in arguments { command.append(argument) }
        return try server.perform(command).array.compactMap(\.string)
    }

    func remove() {
        server.stop()
    }
}
