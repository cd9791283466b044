import Logging
import Metrics
import RiderJournal
import RiderModel
import RiderProviders
import Synchronization
import TestSupport
import Testing

@testable import RiderWorker

@Suite struct DirectWorkTests {
    private struct Model: Provider {
        let domain = Domain.text
        let name = "TextProvider"
        let maxConcurrentTasks = 1
        var work: @Sendable (ClaimedTask) async throws -> TaskResult

        func engines() async -> [EngineStatus] { [] }
        func run() async throws {}
        func process(_ task: ClaimedTask) async throws -> TaskResult { try await work(task) }
    }

    private final class Book: ResultJournal, ResultPublisher {
        struct Full: Error {}
        let rows = Mutex<[String]>([])
        let published = Mutex(0)
        let failures: Mutex<Int>
        private let written = AsyncStream.makeStream(of: String.self)

        init(failures: Int = 0) { self.failures = Mutex(failures) }

        func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] {
            let fails = failures.withLock { failures in
                defer { failures = max(0, failures - 1) }
                return failures > 0
            }
            if fails { throw Full() }
            rows.withLock { $0 += entries.map(\.taskID) }
            for entry in entries { written.continuation.yield(entry.taskID) }
            return entries.map {
                JournalRecord(seq: 1, topicSeq: 1, topic: $0.topic, recordedAt: $0.recordedAt, body: $0.body)
            }
        }
        func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {}
        var unacknowledgedAtOpen: [UnacknowledgedResult] { [] }
        func publish(_ records: [JournalRecord]) { published.withLock { $0 += records.count } }
        func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {
            Issue.record("the robot is told nothing that it has asked for by HTTP")
        }

        func wait(for id: String) async {
            for await written in written.stream where written == id { return }
        }
    }

    private func direct(_ book: Book, _ work: @escaping @Sendable (ClaimedTask) async throws -> TaskResult)
        -> DirectWork
    {
        DirectWork(
            provider: Model(work: work), journal: book, publisher: book,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            metricsFactory: NOOPMetricsHandler.instance)
    }

    private func question(_ id: String) throws -> TaskEnvelope {
        try TaskEnvelope(id: id, type: .textGenerate, payload: Array(#"{"prompt":"x"}"#.utf8))
    }

    @Test func anAnswerDoesNotWaitForTheJournalAndIsJournaledAllTheSame() async throws {
        let book = Book(failures: 2)
        let direct = direct(book) { .completed(["text": .string($0.envelope.id)]) }
        // Nobody journals yet.
        let result = await direct.perform(try question("a"))
        #expect(result.status == .completed)
        #expect(book.rows.withLock(\.self).isEmpty)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await direct.run() }
            await book.wait(for: "a")
            group.cancelAll()
        }
        #expect(book.published.withLock(\.self) == 1)
    }

    @Test func whatIsThereAtTheEndIsJournaled() async throws {
        let book = Book()
        let direct = direct(book) { _ in .failed("no model", fallbackRequired: true) }
        for number in 0..<10 { _ = await direct.perform(try question("\(number)")) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await direct.run() }
            group.cancelAll()
        }
        #expect(book.rows.withLock(\.self).sorted() == (0..<10).map(String.init))
    }

    @Test func aBrokenProviderIsAFailedResult() async throws {
        struct Broken: Error {}
        let result = await direct(Book()) { _ in throw Broken() }.perform(try question("a"))
        #expect(result.status == .failed)
        #expect(result.fallbackRequired)
    }

    @Test func aCallerThatGivesUpEndsTheWork() async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let direct = direct(Book()) { _ in
            start.yield()
            try await untilCancelled()
            return .completed([:])
        }
        let question = try question("a")
        await withTaskGroup(of: TaskResult.self) { group in
            group.addTask { await direct.perform(question) }
            for await _ in started { break }
            group.cancelAll()
            for await result in group { #expect(result.fallbackRequired) }
        }
    }
}
