import Logging
import Metrics
import RiderJournal
import RiderModel
import RiderProviders
import ServiceLifecycle
import Synchronization
import Testing

@testable import RiderWorker

/// How old the robot's input is, from its receipt to the answer.
@Suite struct FreshnessTests {
    /// One second of a clock that a test moves; the wall clock stands at the time when the tasks were queued, as after
    /// somebody has set it back.
    private final class Clock: Sendable {
        private let nanoseconds = Mutex<UInt64>(1_000_000_000)
        func advance(milliseconds: UInt64) { nanoseconds.withLock { $0 += milliseconds * 1_000_000 } }
        var source: TimeSource {
            TimeSource(
                wall: { UnixTime(milliseconds: 0) }, monotonicNanoseconds: { self.nanoseconds.withLock(\.self) })
        }
    }

    private struct Told: Sendable, Equatable {
        var task: String
        var status: TaskResult.Status
        var receivedAt: UInt64?
    }

    /// The ends of a worker: provider, journal and publisher.
    private final class Ends: Provider, ResultJournal, ResultPublisher {
        let domain = Domain.vision
        let name = "VisionProvider"
        let maxConcurrentTasks = 1
        let shown = Mutex<[String]>([])
        let work: @Sendable () -> Void
        private let told = AsyncStream.makeStream(of: Told.self)

        init(work: @escaping @Sendable () -> Void = {}) { self.work = work }

        func engines() async -> [EngineStatus] { [] }
        func run() async throws {}
        func process(_ task: ClaimedTask) async throws -> TaskResult {
            shown.withLock { $0.append(task.envelope.id) }
            work()
            return .completed([:])
        }

        func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] {
            for entry in entries where entry.status == .failed {
                told.continuation.yield(Told(task: entry.taskID, status: .failed))
            }
            return entries.map {
                JournalRecord(seq: 1, topicSeq: 1, topic: $0.topic, recordedAt: $0.recordedAt, body: $0.body)
            }
        }
        func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {}
        var unacknowledgedAtOpen: [UnacknowledgedResult] { [] }
        func publish(_ records: [JournalRecord]) {}
        func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {
            told.continuation.yield(Told(task: task.envelope.id, status: result.status, receivedAt: receivedAt))
        }

        func next() async -> Told? {
            for await told in told.stream { return told }
            return nil
        }
    }

    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func frame(_ id: String, _ receipt: Receipt) throws -> TaskEnvelope {
        var meta = JSONWriter()
        meta.object { writer in
            writer.key(dynamic: Receipt.key)
            receipt.write(to: &writer)
        }
        let payload: JSONValue = ["frame_data": "AAAA"]
        return try TaskEnvelope(
            id: id, type: .visionFrame, payload: payload.encoded, meta: meta.bytes, expiresIn: .milliseconds(500))
    }

    private func working(_ ends: Ends, _ time: TimeSource, _ body: (MemoryQueue) async throws -> Void) async throws {
        let queue = MemoryQueue()
        let worker = Worker(
            queue: queue, providers: [ends], journal: ends, publisher: ends, time: time, logger: quiet,
            metricsFactory: NOOPMetricsHandler.instance)
        let group = ServiceGroup(services: [worker], logger: quiet)
        async let running: Void = group.run()
        try await body(queue)
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func aFramePastItsDeadlineIsNotShownToAnEngineEvenWhenTheWallClockWasSetBack() async throws {
        let (clock, ends) = (Clock(), Ends())
        let receipt = Receipt(clock.source)
        try await working(ends, clock.source) { queue in
            clock.advance(milliseconds: 501)
            await queue.add(try frame("late", receipt), deadline: UnixTime(milliseconds: 500))
            #expect(await ends.next() == Told(task: "late", status: .failed))
            await queue.add(try frame("fresh", Receipt(clock.source)), deadline: UnixTime(milliseconds: 500))
            #expect(await ends.next()?.task == "fresh")
        }
        #expect(ends.shown.withLock(\.self) == ["fresh"])
    }

    @Test func theAgeOfAnAnswerIsCountedFromTheReceipt() async throws {
        let clock = Clock()
        let ends = Ends { clock.advance(milliseconds: 300) }
        let receipt = Receipt(clock.source)
        try await working(ends, clock.source) { queue in
            clock.advance(milliseconds: 100)
            await queue.add(try frame("f", receipt))
            #expect(await ends.next() == Told(task: "f", status: .completed, receivedAt: receipt.nanoseconds))
        }
    }
}
