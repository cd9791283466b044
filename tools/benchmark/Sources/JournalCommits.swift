import ArgumentParser
import Logging
import Metrics
import RiderJournal
import RiderModel

/// How fast results are committed.
struct JournalCommits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Appends results in batches, flat out or at a rate.")

    @Option(help: "A folder for the journal.") var directory: String
    @Option(help: "Results.") var rows = 200_000
    @Option(help: "Results per call.") var batch = 256
    @Option(help: "Bytes of a body.") var bytes = 600
    @Option(help: "Results a second; 0 is flat out.") var rate = 0

    func run() async throws {
        var configuration = JournalConfiguration()
        configuration.commitRows = batch
        let journal = try await Journal.open(
            directory: directory, configuration: configuration,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() },
            metricsFactory: NOOPMetricsHandler.instance)
        let body = Publishing.record(0, bytes: bytes).body
        let (rows, batch, rate) = (rows, batch, rate)
        try await withThrowingTaskGroup(of: [UInt64]?.self) { group in
            group.addTask {
                try await journal.run()
                return nil
            }
            group.addTask {
                rate > 0
                    ? try await paced(journal, body: body, rate: rate)
                    : try await flatOut(journal, body: body)
            }
            let begin = Measured.now()
            while let took = try await group.next() {
                guard var took else { continue }
                let seconds = Double(Measured.now() - begin) / 1e9
                group.cancelAll()
                took.sort()
                Measured.print([
                    "rows_per_second": Double(rows / batch * batch) / seconds,
                    "p50_us": Measured.percentile(0.5, of: took) / 1e3,
                    "p99_us": Measured.percentile(0.99, of: took) / 1e3,
                ])
            }
        }
    }

    private func entries(from first: Int, count: Int, body: [UInt8]) -> [JournalEntry] {
        // Lately, so that nothing is too old to be kept, and not in the future.
        let begin = TimeSource.system.wall() - .seconds(3600)
        return (first..<first + count).map { number in
            JournalEntry(
                taskID: "018f2c50-0000-7000-8000-" + String(1_000_000_000_000 + number).dropFirst(), taskType: .textNLU,
                topic: .text, priority: .standard, attempt: 1, status: .completed, waitMilliseconds: 2,
                processingMilliseconds: 0.1,
                recordedAt: begin + .milliseconds(number / 100),
                body: body)
        }
    }

    /// Two calls under way at a time, as a worker has: the next group fills while one is written.
    private func flatOut(_ journal: Journal, body: [UInt8]) async throws -> [UInt64] {
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            var took: [UInt64] = []
            for (index, first) in stride(from: 0, to: rows / batch * batch, by: batch).enumerated() {
                if index >= 2, let one = try await group.next() { took.append(one) }
                let batch = entries(from: first, count: batch, body: body)
                group.addTask {
                    let begin = Measured.now()
                    _ = try await journal.append(batch)
                    return Measured.now() - begin
                }
            }
            for try await one in group { took.append(one) }
            return took
        }
    }

    private func paced(_ journal: Journal, body: [UInt8], rate: Int) async throws -> [UInt64] {
        let clock = ContinuousClock()
        let period = Duration.seconds(1) * batch / rate
        return try await withThrowingTaskGroup(of: UInt64.self) { group in
            var next = clock.now
            for first in stride(from: 0, to: rows, by: batch) {
                let batch = entries(from: first, count: batch, body: body)
                next += period
                try await clock.sleep(until: next)
                group.addTask {
                    let begin = Measured.now()
                    _ = try await journal.append(batch)
                    return Measured.now() - begin
                }
            }
            var took: [UInt64] = []
            for try await one in group { took.append(one) }
            return took
        }
    }
}
