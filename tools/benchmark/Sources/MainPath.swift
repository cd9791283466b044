import ArgumentParser
import Logging
import Metrics
import RiderBus
import RiderJournal
import RiderMetrics
import RiderModel
import RiderProviders
import RiderPublisher
import RiderQueue
import RiderWorker

/// A whole worker in this process: queue, rules for text.nlu, journal at FULL, telemetry to one listener.
///
/// What it does depends little on time, so that its instructions can be counted under valgrind.
struct MainPath: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "main-path", abstract: "Runs text.nlu tasks from the queue to a listener.")

    @Option(help: "A folder for queue and journal.") var directory: String
    @Option(help: "Where to listen; a subscriber must come.") var port: Int
    @Option(help: "Tasks.") var tasks = 1000

    func run() async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let journal = try await Journal.open(directory: directory, logger: logger)
        var queueConfiguration = QueueConfiguration()
        queueConfiguration.maxSize = tasks + 1
        let queue = try await EmbeddedQueue(
            path: directory + "/queue.db", owner: "bench", configuration: queueConfiguration, logger: logger)
        let count = tasks
        let published = Tally()
        var configuration = TelemetryConfiguration(
            publisherID: journal.publisherID, endpoint: try Endpoint(parsing: "bind://127.0.0.1:\(port)"))
        configuration.deliveryFlushMilliseconds = 20
        let telemetry = TelemetryPublisher(
            configuration: configuration, context: try ZeroMQContext(),
            environment: .init(readJournal: { try await journal.rows(from: $0, limit: $1) }) { ranges in
                journal.recordDelivery(ranges)
                published.add(ranges.reduce(0) { $0 + Int($1.last - $1.first + 1) })
            }, logger: logger)
        let provider = try DomainProvider.text(.init(), breaker: .init(), environment: .init(logger: logger))
        let worker = Worker(
            queue: queue, providers: [provider], journal: ResultsOnly(journal: journal),
            publisher: TelemetryOnly(telemetry: telemetry), logger: logger)

        try await withThrowingTaskGroup { group in
            group.addTask { try await queue.run() }
            group.addTask { try await journal.run() }
            group.addTask { try await telemetry.run() }
            try await put(count, into: queue)
            group.addTask { try await worker.run() }
            await published.reaches(count)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
        Measured.print(["tasks": Double(count)])
    }

    private func put(_ count: Int, into queue: EmbeddedQueue) async throws {
        let payload = Array(#"{"text":"jedź do kuchni"}"#.utf8)
        for first in stride(from: 0, to: count, by: 256) {
            let tasks = try (first..<min(first + 256, count)).map { number in
                NewTask(
                    try TaskEnvelope(
                        id: "018f2c50-0000-7000-8000-" + String(1_000_000_000_000 + number).dropFirst(), type: .textNLU,
                        payload: payload, meta: [UInt8]?.none))
            }
            _ = try await queue.enqueue(tasks)
        }
    }
}

private struct ResultsOnly: ResultJournal {
    let journal: Journal

    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] { try await journal.append(entries) }

    func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {
        journal.recordAcknowledged(upTo: seq, superseded: superseded)
    }

    var unacknowledgedAtOpen: [UnacknowledgedResult] { journal.unacknowledgedAtOpen }
}

private struct TelemetryOnly: ResultPublisher {
    let telemetry: TelemetryPublisher

    func publish(_ records: [JournalRecord]) { telemetry.submit(records) }

    func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {}
}
