import Foundation
import Logging
import Metrics
import RiderModel
import RiderQueue
import Synchronization
import TestSupport
import Testing

@testable import RiderRedis

/// What the queue says and does when Redis is away, slow, full, of another version or not for us.
@Suite(.timeLimit(.minutes(2)))
struct RedisFailureTests {
    @Test func aRestartedServerIsFoundAgain() async throws {
        try await withServer("--appendonly", "yes") { server in
            let time = StandingTime()
            let queue = RedisQueue(
                redis: server.configuration, owner: "worker", time: time.source, logger: LogCollector().logger,
                metrics: NOOPMetricsHandler.instance)
            try await queue.put("before")
            server.crash()
            let error = await #expect(throws: QueueError.self) { try await queue.put("lost") }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains(server.socket) == true)

            // Calls fail without a try to connect until the pause is over.
            try server.restart()
            for _ in 0..<100 { await #expect(throws: QueueError.self) { try await queue.stats() } }
            time.advance(by: .seconds(60))
            try await queue.waitForWork(in: [.text])
            #expect(try await queue.claim().ids == ["before"])
        }
    }

    @Test func aFrozenServerIsNoticedByCommandsAndByWaits() async throws {
        try await withServer { server in
            var configuration = server.configuration
            configuration.commandTimeout = .milliseconds(300)
            configuration.blockTime = .milliseconds(400)
            let queue = server.queue(configuration)
            let waiter = server.queue(configuration, owner: "waiter")
            #expect(try await queue.stats().leased == 0)
            #expect(try await waiter.stats().leased == 0)
            let waiting = Task { try await waiter.waitForWork(in: [.text]) }
            try await server.untilBlocked(1)
            server.signal(SIGSTOP)
            let command = await #expect(throws: QueueError.self) { try await queue.stats() }
            #expect(command?.code == .unavailable)
            let wait = await #expect(throws: QueueError.self) { try await waiting.value }
            #expect(wait?.code == .unavailable)
            server.signal(SIGCONT)
            try await queue.untilBack()
            try await queue.put("after")
            #expect(try await queue.claim().ids == ["after"])
        }
    }

    @Test func aFullServerRefusesTasksButLetsWorkersEmptyIt() async throws {
        try await withServer("--maxmemory-policy", "noeviction") { server in
            let queue = server.queue()
            try await queue.put("a", "b")
            try server.cli("config", "set", "maxmemory", "1000000")
            let error = await #expect(throws: QueueError.self) { try await queue.put("c") }
            #expect(error?.code == .storageFull)
            #expect(error?.message.contains("OOM") == true && error?.message.contains("maxmemory") == true)
            let tasks = try await queue.claim()
            #expect(tasks.ids == ["a", "b"])
            #expect(try await queue.acknowledge(tasks) == [])
        }
    }

    @Test func aReplicaIsNamed() async throws {
        try await withServer { server in
            let queue = server.queue()
            try await queue.put("a")
            try server.cli("replicaof", "127.0.0.1", "1")
            let error = await #expect(throws: QueueError.self) { try await queue.put("b") }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("READONLY") == true && error?.message.contains("primary") == true)
            #expect(try await queue.stats().totalWaiting == 1)
            try server.cli("replicaof", "no", "one")
            try await queue.put("b")
        }
    }

    @Test func aWrongPasswordIsSaidAndNotShown() async throws {
        try await withServer("--requirepass", "secret") { server in
            var configuration = server.configuration
            let missing = await #expect(throws: QueueError.self) { try await server.queue(configuration).stats() }
            #expect(missing?.message.contains("NOAUTH") == true && missing?.message.contains("redis.password") == true)
            configuration.password = "guess-4711"
            let wrong = await #expect(throws: QueueError.self) { try await server.queue(configuration).stats() }
            #expect(wrong?.message.contains("WRONGPASS") == true)
            #expect(wrong?.description.contains("guess-4711") == false)
            configuration.password = "secret"
            configuration.username = "default"
            configuration.database = 3
            try await server.queue(configuration).put("a")
            #expect(try server.cli("-a", "secret", "--no-auth-warning", "-n", "3", "hlen", "{rider}:tasks") == "1")
        }
    }

    @Test func aQueueOfANewerProgramIsLeftAlone() async throws {
        try await withServer { server in
            let queue = server.queue()
            try await queue.put("a")
            try server.cli("hset", "{rider}:meta", "layout", "2")
            for attempt in [
                { try await queue.put("b") }, { _ = try await queue.claim() }, { _ = try await queue.clear() },
                { try await queue.bury([1], reason: "test") }, { _ = try await queue.stats() },
            ] {
                let error = await #expect(throws: QueueError.self) { try await attempt() }
                #expect(error?.code == .incompatible)
            }
            #expect(try server.cli("hlen", "{rider}:tasks") == "1")
        }
    }

    @Test func scriptsThatTheServerForgotAreLoadedAgain() async throws {
        try await withServer { server in
            let queue = server.queue()
            try await queue.put("a")
            try server.cli("script", "flush")
            // One script, and several in one transaction.
            #expect(try await queue.enqueue(try (0..<600).map { try task("t\($0)") }).allSatisfy { $0 == .queued })
            try server.cli("script", "flush")
            #expect(try await queue.claim(1).ids == ["a"])
        }
    }

    @Test func settingsThatEndangerTheQueueAreSaid() async throws {
        try await withServer("--maxmemory-policy", "allkeys-lru", "--maxmemory", "256mb") { server in
            let log = LogCollector()
            let gauges = CountingMetrics()
            let queue = RedisQueue(
                redis: server.configuration, owner: "worker", logger: log.logger, metrics: gauges)
            let health = try await queue.health()
            #expect(health.evictionPolicy == "allkeys-lru" && health.maxMemory == 256 << 20 && !health.appendOnly)
            #expect(health.version.hasPrefix("7.") || health.version.hasPrefix("8."))
            let warnings = try await queue.warnings()
            #expect(warnings.count == 2)
            #expect(warnings[0].contains("allkeys-lru") && warnings[0].contains("noeviction"))
            #expect(gauges.value("task_queue_redis_noeviction") == 0)
            #expect(gauges.value("task_queue_redis_up") == 1)

            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await queue.run() }
                let line = await log.next()
                #expect(line.contains("warning") && line.contains("allkeys-lru"))
                group.cancelAll()
            }
            try server.cli("config", "set", "maxmemory-policy", "noeviction", "appendonly", "yes")
            #expect(try await queue.warnings() == [])
            #expect(gauges.value("task_queue_redis_noeviction") == 1)
        }
    }

    @Test func anotherServerIsReachedOverTCP() async throws {
        let port = try freePort()
        try await withServer("--port", String(port), "--appendonly", "yes") { server in
            var configuration = server.configuration
            configuration.socket = ""
            configuration.host = "127.0.0.1"
            configuration.port = port
            let gauges = CountingMetrics()
            let queue = RedisQueue(
                redis: configuration, owner: "worker", logger: LogCollector().logger, metrics: gauges)
            async let waiting: Void = queue.waitForWork(in: [.text])
            try await server.untilBlocked(1)
            try await server.queue().put("a")
            try await waiting
            let tasks = try await queue.claim()
            #expect(tasks.ids == ["a"])

            server.crash()
            let error = await #expect(throws: QueueError.self) { try await queue.acknowledge(tasks) }
            #expect(error?.code == .unavailable && error?.message.contains("127.0.0.1:\(port)") == true)
            #expect(gauges.value("task_queue_redis_up") == 0)
            try server.restart()
            try await queue.untilBack()
            #expect(gauges.value("task_queue_redis_up") == 1)
            #expect(try await queue.acknowledge(tasks) == [])
        }
    }

    @Test func whatWasAnsweredBeforeACallFailedIsNotAskedAgain() async throws {
        try await withServer { server in
            let queue = server.queue()
            _ = try await queue.enqueue(try (0..<600).map { try task("t\($0)") })
            let tasks = try await queue.claim(600)
            #expect(tasks.count == 600)
            // Three scripts, the last of which also claims, and that fails.
            try server.cli("set", "{rider}:superseded:text", "damaged")
            await #expect(throws: QueueError.self) {
                try await queue.cycle(acknowledging: tasks.map(\.lease), claiming: .up(to: 9))
            }
            try server.cli("del", "{rider}:superseded:text")
            let lost = Set(try await queue.acknowledge(tasks))
            #expect(tasks.prefix(512).allSatisfy { !lost.contains($0.lease) })
        }
    }

    @Test func aClosedConnectionDoesNotMakeAnAcknowledgementLookLost() async throws {
        try await withServer { server in
            var configuration = server.configuration
            configuration.commandTimeout = .milliseconds(200)
            let queue = server.queue(configuration)
            try await queue.put("a", "b", "c")
            let first = try await queue.claim(1)

            // Redis carries the cycle out when it wakes, long after its answer was given up.
            server.signal(SIGSTOP)
            let request = ClaimRequest(capacity: [.text: 1], limit: 1)
            await #expect(throws: QueueError.self) {
                try await queue.cycle(acknowledging: first.map(\.lease), claiming: request)
            }
            server.signal(SIGCONT)
            try await queue.untilBack()
            let outcome = try await queue.cycle(acknowledging: first.map(\.lease), claiming: .up(to: 9))
            #expect(outcome.lost.isEmpty)
            // What may have been claimed unseen is here, and does not count as an attempt.
            #expect(outcome.tasks.ids == ["b", "c"])
            #expect(outcome.tasks.map(\.attempt) == [1, 1])
            #expect(try await queue.acknowledge(outcome.tasks) == [])
            #expect(try server.cli("hlen", "{rider}:tasks") == "0")
        }
    }
}

extension RedisFailureTests {
    @Test func aWaitingClaimThatWasGivenUpHoldsNothing() async throws {
        try await withServer { server in
            var configuration = server.configuration
            configuration.commandTimeout = .milliseconds(200)
            let queue = server.queue(configuration)
            let producer = server.queue(owner: "producer")
            _ = try await producer.stats()
            try await withThrowingTaskGroup(of: CycleOutcome.self) { group in
                group.addTask { try await queue.claimWhenReady(.up(to: 9)) }
                try await server.untilBlocked(1)
                // The task and the end of the call lie there until Redis wakes.
                server.signal(SIGSTOP)
                async let putting: Void = producer.put("a")
                group.cancelAll()
                await #expect(throws: QueueError.self) { try await group.waitForAll() }
                server.signal(SIGCONT)
                try await putting
            }
            try await queue.untilBack()
            // Claimed unseen or not, it is here, and that counts as no attempt.
            let tasks = try await queue.claim()
            #expect(tasks.ids == ["a"] && tasks.map(\.attempt) == [1])
            #expect(try await queue.acknowledge(tasks) == [])
            #expect(try server.cli("hlen", "{rider}:tasks") == "0")
        }
    }

    @Test func aWaitingClaimEndsWithItsServerAndWorksAgainAfterwards() async throws {
        try await withServer("--appendonly", "yes") { server in
            let queue = server.queue()
            await #expect(throws: QueueError.self) {
                try await withThrowingTaskGroup(of: CycleOutcome.self) { group in
                    group.addTask { try await queue.claimWhenReady(.up(to: 9)) }
                    try await server.untilBlocked(1)
                    server.crash()
                    try await group.waitForAll()
                }
            }
            try server.restart()
            try await queue.untilBack()
            try await queue.put("a")
            #expect(try await queue.claimWhenReady(.up(to: 9)).tasks.ids == ["a"])
        }
    }
}

/// A clock that only a test moves.
private final class StandingTime: Sendable {
    private let nanoseconds = Mutex<UInt64>(1)

    var source: TimeSource {
        TimeSource(
            wall: { UnixTime(milliseconds: Int64(self.nanoseconds.withLock(\.self) / 1_000_000)) },
            monotonicNanoseconds: { self.nanoseconds.withLock(\.self) })
    }

    func advance(by duration: Duration) {
        nanoseconds.withLock { $0 += UInt64(duration / .nanoseconds(1)) }
    }
}

extension RedisServer {
    func queue(
        _ redis: RedisConfiguration? = nil, owner: String = "worker",
        _ configuration: QueueConfiguration = QueueConfiguration()
    ) -> RedisQueue {
        RedisQueue(
            redis: redis ?? self.configuration, owner: owner, configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, metrics: NOOPMetricsHandler.instance)
    }

    /// How often a command has been called.
    func calls(of command: String) throws -> Int {
        let line = try cli("info", "commandstats").split(whereSeparator: \.isNewline).first {
            $0.hasPrefix("cmdstat_\(command):")
        }
        return line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) } ?? 0
    }

    /// Returns when so many clients wait in a blocking call.
    func untilBlocked(_ count: Int) async throws {
        while try !cli("info", "clients").contains("blocked_clients:\(count)") { await Task.yield() }
    }
}

extension RedisQueue {
    /// Returns when Redis answers again.
    func untilBack() async throws {
        while true {
            do {
                _ = try await stats()
                return
            } catch {
                try await Task.sleep(for: availability.pause)
            }
        }
    }
}
