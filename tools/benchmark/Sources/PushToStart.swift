import ArgumentParser
import Logging
import Metrics
import RiderModel
import RiderProviders
import RiderQueue
import RiderRedis
import RiderWorker
import ServiceLifecycle

/// How soon an idle worker starts a task that `limits/push.c` puts into Redis.
struct PushToStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Takes tasks from Redis that are named after the moment of their push, and tells how soon they start."
    )

    @Option(help: "The server's unix socket.") var socket: String
    @Option(help: "Tasks; ten more come before them.") var tasks = 300

    func run() async throws {
        let probe = StartProbe()
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let worker = Worker(
            queue: RedisQueue.forBenchmark(socket: socket, owner: "worker"), providers: [probe],
            journal: NoJournal(), publisher: NoPublisher(), logger: logger, metricsFactory: NOOPMetricsHandler.instance)
        let group = ServiceGroup(configuration: .init(services: [.init(service: worker)], logger: logger))
        async let running: Void = group.run()
        var took: [UInt64] = []
        for await sample in probe.starts {
            took.append(sample)
            if took.count == tasks + 10 { break }
        }
        await group.triggerGracefulShutdown()
        try await running
        Measured.printSamples(Array(took.dropFirst(10)))
    }
}

/// Tells how long ago a task was pushed when it is given one.
private struct StartProbe: Provider {
    let starts: AsyncStream<UInt64>
    private let sink: AsyncStream<UInt64>.Continuation

    init() {
        (starts, sink) = AsyncStream.makeStream(of: UInt64.self)
    }

    var domain: Domain { .text }
    var name: String { "probe" }
    var maxConcurrentTasks: Int { 2 }
    func engines() async -> [EngineStatus] { [] }
    func run() async throws {}

    func process(_ task: ClaimedTask) async throws -> TaskResult {
        let start = Measured.now()
        sink.yield(start - min(start, UInt64(task.envelope.id) ?? start))
        return .completed([:])
    }
}
