import Foundation
import TestSupport
import Testing

/// A worker whose Redis dies and freezes, as people see it: readiness, metrics, log, memory and CPU.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RedisOutageTests {
    @Test func aWorkerSaysOnceThatItsRedisIsAwayAndGoesOnWhenItIsBack() async throws {
        let world = try World()
        defer { world.remove() }
        var redis = try await startRedis(world)
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_QUEUE_BACKEND": "redis", "RIDER_REDIS_SOCKET": socket(world), "RIDER_VISION_ENABLED": "false",
                "RIDER_REDIS_COMMAND_TIMEOUT_MS": "300", "RIDER_REDIS_BLOCK_MS": "500",
            ])
        while try !ready(world).isReady {}
        #expect(try metric("task_queue_redis_up", world) == "1")
        #expect(try metric("task_queue_redis_noeviction", world) == "1")
        let memory = try resident(worker)

        redis.signal(SIGKILL)
        _ = await redis.wait()
        while try ready(world).isReady {}
        #expect(try ready(world).text.contains("redis.sock"))
        #expect(try metric("task_queue_redis_up", world) == "0")
        let before = try processorSeconds(worker)
        // Tries to connect, a few a second, are all it does: what a span of time costs takes that time to measure.
        try await Task.sleep(for: .seconds(2))
        #expect(try processorSeconds(worker) - before < 0.4)
        #expect(try resident(worker) - memory < 16 << 20)
        redis = try await startRedis(world)
        try await worker.waitUntilSaid("queue is back")
        while try !ready(world).isReady {}

        redis.signal(SIGSTOP)
        try await worker.waitUntilSaid("the queue is away", times: 2)
        while try ready(world).isReady {}
        redis.signal(SIGCONT)
        try await worker.waitUntilSaid("queue is back", times: 2)
        while try !ready(world).isReady {}
        #expect(try metric("task_queue_redis_up", world) == "1")

        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        // One line per change, however many parts of the worker met with it and however often.
        #expect(count("the queue is away", in: worker.standardError) == 2)
        #expect(count("the queue is back", in: worker.standardError) == 2)
        redis.signal(SIGKILL)
        _ = await redis.wait()
    }

    // MARK: -

    private func socket(_ world: World) -> String { world.folder.appendingPathComponent("redis.sock").path }

    private func startRedis(_ world: World) async throws -> RunningProcess {
        let redis = try RunningProcess(
            "/usr/bin/redis-server",
            ["--port", "0", "--unixsocket", socket(world), "--save", "", "--appendonly", "yes"],
            directory: world.folder)
        for await line in redis.lines where line.contains("ready to accept connections at") { break }
        return redis
    }

    private func ready(_ world: World) throws -> (isReady: Bool, text: String) {
        let text = try get("/health/ready", world, "--write-out", "\n%{http_code}\n")
        return (text.hasSuffix("\n200"), text)
    }

    private func metric(_ name: String, _ world: World) throws -> String? {
        try get("/metrics", world).split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .map { String($0.dropFirst(name.count + 1)) }
    }

    private func get(_ path: String, _ world: World, _ arguments: String...) throws -> String {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        curl.arguments = ["--silent", "--max-time", "10", "http://127.0.0.1:\(world.httpPort)\(path)"] + arguments
        let output = Pipe()
        curl.standardOutput = output
        try curl.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        curl.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    private func count(_ text: String, in log: String) -> Int { log.components(separatedBy: text).count - 1 }

    private func processorSeconds(_ process: RunningProcess) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process.processID)/stat", encoding: .utf8)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        try #require(fields.count > 12)
        let ticks = (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func resident(_ process: RunningProcess) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process.processID)/statm", encoding: .utf8)
        return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
    }
}
