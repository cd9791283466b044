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

/// The steps of a task's way, one after the other with the same input and the same times in every run, so that their instructions
/// can be counted: valgrind notes what it has counted at each call of ``Measured/mark()``.
struct CountedSteps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steps",
        abstract:
            "Takes batches of text.nlu tasks through one step at a time, and says which steps lie between the marks.")

    /// Tasks of one batch, and messages, and envelopes.
    private static let batch = 256
    /// Series of the scraped registry.
    private static let series = 1000
    /// Of a counter and a histogram, by turns.
    private static let updates = 500

    @Option(help: "A folder for queue and journal.") var directory: String
    @Option(help: "Where to listen; a subscriber must come.") var port: Int
    @Option(help: "Batches.") var rounds = 9

    func run() async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let registry = PrometheusRegistry()
        let time = SteadyTime.source()
        var journalConfiguration = JournalConfiguration()
        journalConfiguration.commitRows = Self.batch
        // With the next results, never between two steps.
        journalConfiguration.deliveryFlushInterval = .seconds(3600)
        let journal = try await Journal.open(
            directory: directory, configuration: journalConfiguration, logger: logger, metricsFactory: registry)
        let queue = try await EmbeddedQueue(
            path: directory + "/queue.db", owner: "bench", time: time, logger: logger, metrics: registry)
        let delivered = Tally()
        var telemetryConfiguration = TelemetryConfiguration(
            publisherID: String(repeating: "0", count: 32),
            endpoint: try Endpoint(parsing: "bind://127.0.0.1:\(port)"))
        // Under valgrind everything takes fifty times as long; that is no outage.
        telemetryConfiguration.heartbeatTimeoutMilliseconds = 60_000
        let telemetry = TelemetryPublisher(
            configuration: telemetryConfiguration, context: try ZeroMQContext(),
            environment: .init(readJournal: { _, _ in [] }) { ranges in
                delivered.add(ranges.reduce(0) { $0 + Int($1.last - $1.first + 1) })
            }, logger: logger, factory: registry)
        let provider = try DomainProvider.text(
            .init(), breaker: .init(), environment: .init(logger: logger, metrics: registry, time: time))
        let scraped = Self.registryWithSeries()
        let counter = Counter(label: "bench_events_total", dimensions: [("kind", "one")], factory: registry)
        let histogram = Timer(label: "bench_wait_seconds", dimensions: [("kind", "one")], factory: registry)

        let rounds = rounds
        try await withThrowingTaskGroup { group in
            group.addTask { try await journal.run() }
            group.addTask { try await telemetry.run() }
            var steps = Steps()
            var sent = 0
            for round in 0..<rounds {
                let envelopes = try Self.envelopes(round)
                steps.begin()
                let parsed = try envelopes.map { try TaskEnvelope(parsing: $0) }
                steps.end("header read", count: parsed.count)

                _ = try await queue.enqueue(parsed.map { NewTask($0) })
                steps.end("enqueue", count: parsed.count)

                let claimed = try await queue.cycle(
                    acknowledging: [], claiming: .init(capacity: [.text: Self.batch], limit: Self.batch)
                ).tasks
                steps.end("claim", count: claimed.count)

                var entries: [JournalEntry] = []
                for task in claimed {
                    let result = try await provider.process(task)
                    entries.append(Self.entry(task, result, at: time.wall()))
                }
                steps.end("provider and message", count: entries.count)

                let records = try await journal.append(entries)
                steps.end("journal", count: records.count)

                _ = try await queue.cycle(acknowledging: claimed.map(\.lease), claiming: .nothing)
                steps.end("acknowledge", count: claimed.count)

                telemetry.submit(records)
                sent += records.count
                await delivered.reaches(sent)
                steps.end("publish", count: records.count)

                try await Self.work(claimed, provider: provider, time: time, logger: logger, registry: registry)
                steps.end("worker alone", count: claimed.count)

                for number in 0..<Self.updates {
                    counter.increment()
                    histogram.recordNanoseconds(Int64(number) * 1_000_003)
                }
                steps.end("1,000 metric updates", count: 1)

                _ = await scraped.exposition()
                steps.end("scrape of 1,000 series", count: 1)
            }
            steps.print()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
        await queue.close()
    }

    // MARK: - Inputs

    /// Envelopes as producers write them. Payloads differ, and are long enough to show when somebody decodes them on the way.
    private static func envelopes(_ round: Int) throws -> [[UInt8]] {
        let rooms = ["kuchni", "salonu", "łazienki", "garażu"]
        let note = String(repeating: "x", count: 1024)
        return (0..<batch).map { number in
            let id = "018f2c50-0000-7000-8000-" + String(1_000_000_000_000 + round * batch + number).dropFirst()
            let text = "jedź do \(rooms[number % rooms.count])"
            return Array(
                #"{"task_id":"\#(id)","task_type":"text.nlu","payload":{"text":"\#(text)","note":"\#(note)"},"priority":5}"#
                    .utf8)
        }
    }

    private static func entry(_ task: ClaimedTask, _ result: TaskResult, at time: UnixTime) -> JournalEntry {
        JournalEntry(
            taskID: task.envelope.id, taskType: task.envelope.type, topic: .text, priority: task.envelope.priority,
            attempt: task.attempt, position: task.lease.position, status: result.status,
            waitMilliseconds: task.waited.wholeMilliseconds, processingMilliseconds: result.processingMilliseconds,
            recordedAt: time, body: TelemetryBody.make(task: task, result: result, timestamp: time))
    }

    private static func registryWithSeries() -> PrometheusRegistry {
        let registry = PrometheusRegistry(declarations: [], configuration: .init(), includesProcess: false)
        for number in 0..<series {
            Gauge(label: "bench_level_\(number % 10)", dimensions: [("place", "p\(number / 10)")], factory: registry)
                .record(Double(number) * 1.25)
        }
        return registry
    }

    // MARK: - The worker's own part

    /// A worker between a queue and a journal that do nothing.
    private static func work(
        _ tasks: [ClaimedTask], provider: DomainProvider, time: TimeSource, logger: Logger, registry: PrometheusRegistry
    ) async throws {
        let queue = HeldTasks(tasks)
        let worker = Worker(
            queue: queue, providers: [provider], journal: NoJournal(), publisher: NoPublisher(), time: time,
            logger: logger, metricsFactory: registry)
        try await withThrowingTaskGroup { group in
            group.addTask { try await worker.run() }
            await queue.acknowledged.reaches(tasks.count)
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

/// Notes what was done between two marks.
private struct Steps {
    private var names: [String] = []
    private var counts: [Int] = []

    /// What was counted before belongs to no step.
    mutating func begin() { end("", count: 1) }

    mutating func end(_ name: String, count: Int) {
        Measured.mark()
        names.append(name)
        counts.append(count)
    }

    /// One JSON object: what lies before each mark, in order, and how many tasks it was done for.
    func print() {
        let steps = zip(names, counts).map { #"{"step": "\#($0)", "count": \#($1)}"# }
        Swift.print(#"{"marks": [\#(steps.joined(separator: ", "))]}"#)
    }
}
