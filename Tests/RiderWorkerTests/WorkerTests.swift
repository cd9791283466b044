import Foundation
import Logging
import RiderJournal
import RiderModel
import RiderProviders
import RiderQueue
import ServiceLifecycle
import Synchronization
import Testing

@testable import RiderWorker

/// What a worker did, in order.
private enum Step: Equatable {
    case processed(String)
    case journaled([String])
    case published([Int64])
    case commanded(String)
    case superseded([Int64])
    case queue(MemoryQueue.Event)
}

/// Collects steps and lets a test wait for them.
private final class Steps: Sendable {
    private let state = Mutex<[Step]>([])
    private let changes = AsyncStream.makeStream(of: Step.self)

    func add(_ step: Step) {
        state.withLock { $0.append(step) }
        changes.continuation.yield(step)
    }

    var all: [Step] { state.withLock(\.self) }

    /// The next steps until one fits.
    func wait(for isLast: (Step) -> Bool) async {
        for await step in changes.stream where isLast(step) { return }
    }
}

private struct FakeProvider: Provider {
    var domain = Domain.text
    var name: String { "TextProvider" }
    var maxConcurrentTasks = 2
    var work: @Sendable (ClaimedTask) async throws -> TaskResult

    func engines() async -> [EngineStatus] { [] }
    func process(_ task: ClaimedTask) async throws -> TaskResult { try await work(task) }
    func run() async throws {}
}

private final class FakeJournal: ResultJournal {
    private let steps: Steps
    private let state: Mutex<(seq: Int64, failures: Int)>

    let unacknowledgedAtOpen: [UnacknowledgedResult]

    init(steps: Steps, failures: Int = 0, unacknowledged: [UnacknowledgedResult] = []) {
        self.steps = steps
        unacknowledgedAtOpen = unacknowledged
        state = Mutex((0, failures))
    }

    struct DiskFull: Error {}

    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] {
        let records = try state.withLock { state in
            if state.failures > 0 {
                state.failures -= 1
                throw DiskFull()
            }
            return entries.map { entry in
                state.seq += 1
                return JournalRecord(
                    seq: state.seq, topicSeq: state.seq, topic: entry.topic, recordedAt: entry.recordedAt,
                    body: entry.body)
            }
        }
        steps.add(.journaled(entries.map(\.taskID)))
        return records
    }

    func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {
        if !superseded.isEmpty { steps.add(.superseded(superseded)) }
    }
}

private struct FakePublisher: ResultPublisher {
    let steps: Steps
    func publish(_ records: [JournalRecord]) { steps.add(.published(records.map(\.seq))) }
    func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {
        steps.add(.commanded(task.envelope.id))
    }
}

private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A clock whose sleepers wake at once: pauses between tries cost no time.
private struct ImpatientClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A clock whose sleepers wake only when cancelled: a period that never ends.
private struct PatientClock: Clock {
    typealias Instant = ContinuousClock.Instant
    var now: Instant { ContinuousClock.now }
    var minimumResolution: Duration { .zero }
    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        for await _ in AsyncStream<Never>(unfolding: { await neverReturns() }) {}
        try Task.checkCancellation()
    }

    private func neverReturns() async -> Never? {
        let signal = Signal()
        _ = await signal.wait()
        return nil
    }
}

@Suite struct WorkerTests {
    private let steps = Steps()

    private func makeQueue() -> MemoryQueue {
        let steps = steps
        return MemoryQueue { steps.add(.queue($0)) }
    }

    private func makeWorker(
        _ queue: MemoryQueue, journalFailures: Int = 0, clock: any Clock<Duration> = PatientClock(),
        slots: Int = 2, work: @escaping @Sendable (ClaimedTask) async throws -> TaskResult
    ) -> Worker {
        Worker(
            queue: queue, providers: [FakeProvider(maxConcurrentTasks: slots, work: work)],
            journal: FakeJournal(steps: steps, failures: journalFailures), publisher: FakePublisher(steps: steps),
            clock: clock, logger: silent)
    }

    private func group(_ worker: Worker) -> ServiceGroup {
        ServiceGroup(
            configuration: .init(services: [.init(service: worker)], logger: silent))
    }

    @Test func aResultIsCommittedThenAcknowledgedThenPublished() async throws {
        let queue = makeQueue()
        let worker = makeWorker(queue) { [steps] task in
            steps.add(.processed(task.envelope.id))
            return .completed(["ok": true])
        }
        let group = group(worker)
        try await queue.add("a")
        async let running: Void = group.run()
        await steps.wait { $0 == .commanded("a") }
        await group.triggerGracefulShutdown()
        try await running
        #expect(
            steps.all == [
                .processed("a"), .journaled(["a"]), .queue(.acknowledged(["a"])), .published([1]), .commanded("a"),
            ])
    }

    @Test func failedResultsAreJournaledAndPublishedButCommandNothing() async throws {
        let queue = makeQueue()
        let group = group(makeWorker(queue) { _ in .failed("no") })
        try await queue.add("a")
        async let running: Void = group.run()
        await steps.wait { $0 == .published([1]) }
        await group.triggerGracefulShutdown()
        try await running
        #expect(!steps.all.contains(.commanded("a")))
    }

    @Test func anExpiredTaskIsAnsweredAndNotRun() async throws {
        let queue = makeQueue()
        let group = group(
            makeWorker(queue) { [steps] task in
                steps.add(.processed(task.envelope.id))
                return .completed([:])
            })
        try await queue.add("late", refusal: .expired)
        async let running: Void = group.run()
        await steps.wait { $0 == .published([1]) }
        await group.triggerGracefulShutdown()
        try await running
        #expect(steps.all == [.journaled(["late"]), .queue(.acknowledged(["late"])), .published([1])])
    }

    @Test func aBrokenProviderFailsTheTaskInTheQueue() async throws {
        struct Broken: Error {}
        let queue = makeQueue()
        let group = group(makeWorker(queue) { _ in throw Broken() })
        try await queue.add("a")
        async let running: Void = group.run()
        await steps.wait { if case .queue(.failed("a", _)) = $0 { true } else { false } }
        await group.triggerGracefulShutdown()
        try await running
        #expect(!steps.all.contains(.journaled(["a"])))
    }

    @Test func resultsOfLostLeasesAreMarkedAndNotPublished() async throws {
        let queue = makeQueue()
        await queue.loseEverything()
        let group = group(makeWorker(queue) { _ in .completed([:]) })
        try await queue.add("a")
        async let running: Void = group.run()
        await steps.wait { $0 == .superseded([1]) }
        await group.triggerGracefulShutdown()
        try await running
        #expect(steps.all.contains(.published([])))
        #expect(!steps.all.contains(.commanded("a")))
    }

    @Test func aFullDiskDelaysResultsButLosesNone() async throws {
        let queue = makeQueue()
        let group = group(makeWorker(queue, journalFailures: 3, clock: ImpatientClock()) { _ in .completed([:]) })
        try await queue.add("a")
        async let running: Void = group.run()
        await steps.wait { $0 == .commanded("a") }
        await group.triggerGracefulShutdown()
        try await running
        #expect(steps.all.filter { $0 == .journaled(["a"]) }.count == 1)
    }

    @Test func shutdownLetsRunningTasksFinishAndGivesUnstartedOnesBack() async throws {
        let queue = makeQueue()
        let started = AsyncStream.makeStream(of: Void.self)
        let mayFinish = Signal()
        let worker = makeWorker(queue, slots: 1) { task in
            guard task.envelope.id == "slow" else { return .completed([:]) }
            started.continuation.yield()
            _ = await mayFinish.wait()
            return .completed([:])
        }
        // Fast tasks first, so that the worker has learned to claim ahead.
        for number in 1...20 { try await queue.add("fast-\(number)") }
        let group = group(worker)
        async let running: Void = group.run()
        await steps.wait { $0 == .commanded("fast-20") }
        try await queue.add("slow", priority: 1)
        for await _ in started.stream { break }
        try await queue.add("next")
        await group.triggerGracefulShutdown()
        mayFinish.notify()
        try await running
        #expect(steps.all.contains(.commanded("slow")))
        #expect(!steps.all.contains(.commanded("next")))
    }

    @Test func afterTheGracePeriodRunningTasksAreGivenBack() async throws {
        let queue = makeQueue()
        let started = AsyncStream.makeStream(of: Void.self)
        let worker = makeWorker(queue, clock: ImpatientClock(), slots: 1) { _ in
            started.continuation.yield()
            let never = Signal()
            if await !never.wait() { throw CancellationError() }
            return .completed([:])
        }
        let group = group(worker)
        try await queue.add("endless")
        async let running: Void = group.run()
        for await _ in started.stream { break }
        await group.triggerGracefulShutdown()
        try await running
        #expect(steps.all.contains(.queue(.gaveBack(["endless"]))))
    }

    @Test func aTaskThatIsClaimedWhileTheWorkerEndsIsGivenBack() async throws {
        let queue = makeQueue()
        await queue.claimWhenCancelled()
        let group = group(makeWorker(queue) { _ in .completed([:]) })
        async let running: Void = group.run()
        await queue.untilSomebodyWaits()
        try await queue.add("late", isAnnounced: false)
        await group.triggerGracefulShutdown()
        try await running
        #expect(steps.all == [.queue(.gaveBack(["late"]))])
    }

    @Test func aPlaceThatBecomesFreeEndsTheWaitForOtherDomains() async throws {
        let queue = makeQueue()
        let mayFinish = Signal()
        let voice = FakeProvider(domain: .voice, maxConcurrentTasks: 1) { task in
            if task.envelope.id == "first" { _ = await mayFinish.wait() }
            return .completed([:])
        }
        let worker = Worker(
            queue: queue, providers: [voice, FakeProvider { _ in .completed([:]) }],
            journal: FakeJournal(steps: steps), publisher: FakePublisher(steps: steps), clock: PatientClock(),
            logger: silent)
        for id in ["first", "second"] { try await queue.add(id, type: .voiceTTS) }
        let group = group(worker)
        async let running: Void = group.run()
        // For text: the only place for voice is taken.
        await queue.untilSomebodyWaits()
        mayFinish.notify()
        await steps.wait { $0 == .commanded("second") }
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func aQueueThatWasAwayIsTriedAgain() async throws {
        let queue = makeQueue()
        await queue.breakDown(QueueError(.unavailable, "gone"))
        let group = group(makeWorker(queue, clock: ImpatientClock()) { _ in .completed([:]) })
        async let running: Void = group.run()
        try await queue.add("a")
        await queue.breakDown(nil)
        await steps.wait { $0 == .commanded("a") }
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func resultsOfAKilledRunAreSettledBeforeAnythingIsClaimed() async throws {
        let path = URL.temporaryDirectory.appending(path: "rider-started-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let running = ClaimedTask.Lease(position: 5, attempt: 1)
        do {
            let killed = try StartedTasks(path: path, places: 2)
            _ = killed.begin(running)
        }
        let queue = makeQueue()
        try await queue.add("a")
        await queue.answerRecovery(
            RecoveredLeases(returned: 1, acknowledged: 1, lost: [.init(position: 4, attempt: 2)]))
        let journal = FakeJournal(
            steps: steps,
            unacknowledged: [
                .init(seq: 8, taskID: "counts", position: 3, attempt: 1),
                .init(seq: 9, taskID: "lost", position: 4, attempt: 2),
            ])
        let group = group(
            Worker(
                queue: queue, providers: [FakeProvider(work: { _ in .completed([:]) })], journal: journal,
                publisher: FakePublisher(steps: steps), started: try StartedTasks(path: path, places: 2),
                clock: PatientClock(), logger: silent))
        async let ended: Void = group.run()
        await steps.wait { $0 == .commanded("a") }
        await group.triggerGracefulShutdown()
        try await ended
        #expect(steps.all.first == .queue(.recovered(["counts", "lost"], started: [running])))
        #expect(steps.all.dropFirst().first == .superseded([9]))
    }

    @Test func aQueueOfANewerProgramEndsTheWorker() async throws {
        let queue = makeQueue()
        await queue.breakDown(QueueError(.incompatible, "newer"))
        let group = group(makeWorker(queue, clock: ImpatientClock()) { _ in .completed([:]) })
        await #expect(throws: (any Error).self) { try await group.run() }
    }

    @Test func thousandTasksGoThroughInOrderOfTheirLevels() async throws {
        let queue = makeQueue()
        for number in 0..<1000 { try await queue.add("t\(number)", priority: 10 - number % 10) }
        let group = group(
            makeWorker(queue, slots: 1) { [steps] task in
                steps.add(.processed(task.envelope.id))
                return .completed([:])
            })
        async let running: Void = group.run()
        var published = 0
        await steps.wait { step in
            if case .published(let seqs) = step { published += seqs.count }
            return published == 1000
        }
        await group.triggerGracefulShutdown()
        try await running
        let order = steps.all.compactMap { if case .processed(let id) = $0 { Int(id.dropFirst()) } else { nil } }
        #expect(order == (0..<1000).sorted { (10 - $0 % 10, $0) < (10 - $1 % 10, $1) })
    }
}
