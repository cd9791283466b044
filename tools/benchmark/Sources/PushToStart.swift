import ArgumentParser
import Logging
import Metrics
import RiderModel
import RiderProviders
import RiderQueue
import RiderRedis
import RiderWorker
import ServiceLifecycle

/// How soon an idle worker starts a task that is put into Redis.
struct PushToStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Puts tasks into Redis for an idle worker, one at a time, and measures until it starts them.")

    @Option(help: "The server's unix socket.") var socket: String
    @Option(help: "Tasks.") var tasks = 300

    func run() async throws {
        let probe = StartProbe()
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let worker = Worker(
            queue: RedisQueue.forBenchmark(socket: socket, owner: "worker"), providers: [probe],
            journal: NoJournal(), publisher: NoPublisher(), logger: logger, metricsFactory: NOOPMetricsHandler.instance)
        let group = ServiceGroup(configuration: .init(services: [.init(service: worker)], logger: logger))
        async let running: Void = group.run()
        let producer = RedisQueue.forBenchmark(socket: socket, owner: "producer")
        var starts = probe.starts.makeAsyncIterator()
        var took: [UInt64] = []
        // As `rider enqueue` does.
        try await producer.withConnectionThread {
            for index in -10..<tasks {
                // The worker has finished the last one and blocks again.
                try await Task.sleep(for: .milliseconds(10))
                let task = NewTask(
                    try TaskEnvelope(id: "s\(index)", type: .textNLU, payload: Array(#"{"text":"stop"}"#.utf8)))
                let begin = Measured.now()
                _ = try await producer.enqueue([task])
                guard let start = await starts.next() else { break }
                if index >= 0 { took.append(start - min(start, begin)) }
            }
        }
        await group.triggerGracefulShutdown()
        try await running
        Measured.printSamples(took)
    }
}

/// Tells when it is given a task.
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
        sink.yield(Measured.now())
        return .completed([:])
    }
}
