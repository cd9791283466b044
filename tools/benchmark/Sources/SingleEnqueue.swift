import ArgumentParser
import Logging
import Metrics
import RiderModel
import RiderQueue
import RiderRedis

/// How long one awaited enqueue takes.
struct SingleEnqueue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Puts tasks into a queue in Redis, one after the other.")

    @Option(help: "The server's unix socket.") var socket: String
    @Option(help: "Tasks.") var tasks = 1_000
    @Option(help: "Bytes of an envelope, about.") var bytes = 200

    func run() async throws {
        let queue = RedisQueue.forBenchmark(socket: socket, owner: "producer")
        let payload = Array(#"{"text":"\#(String(repeating: "x", count: max(0, bytes - 80)))"}"#.utf8)
        var took: [UInt64] = []
        took.reserveCapacity(tasks)
        // As `rider enqueue` does.
        try await queue.withConnectionThread {
            // The first hundred warm up.
            for index in -100..<tasks {
                let task = NewTask(
                    try TaskEnvelope(id: "t\(index)-\(Measured.now())", type: .textNLU, payload: payload))
                let begin = Measured.now()
                let outcome = try await queue.enqueue([task])
                if index >= 0 { took.append(Measured.now() - begin) }
                guard outcome == [.queued] else { throw ValidationError("the queue answered \(outcome)") }
            }
        }
        took.sort()
        Measured.print([
            "p50_us": Measured.percentile(0.5, of: took) / 1e3, "p99_us": Measured.percentile(0.99, of: took) / 1e3,
        ])
        _ = try await queue.clear()
    }
}

extension RedisQueue {
    static func forBenchmark(socket: String, owner: String) -> RedisQueue {
        var redis = RedisConfiguration()
        redis.socket = socket
        var configuration = QueueConfiguration()
        configuration.maxSize = 10_000_000
        return RedisQueue(
            redis: redis, owner: owner, configuration: configuration,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, metrics: NOOPMetricsHandler.instance)
    }
}
