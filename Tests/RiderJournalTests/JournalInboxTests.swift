import Glibc
import RiderExecution
import RiderModel
import Testing

@testable import RiderJournal

/// When the writer is woken, and when it wakes up by itself.
@Suite(.timeLimit(.minutes(1))) struct JournalInboxTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let maintenance = 30_000 * millisecond

    private let inbox: JournalInbox

    init() {
        var configuration = JournalConfiguration()
        configuration.deliveryFlushInterval = .milliseconds(250)
        inbox = JournalInbox(configuration)
    }

    /// The writer's next step at a time in milliseconds, and what a sleep ends with.
    private func step(at milliseconds: UInt64, committedAt: UInt64? = nil) -> JournalInbox.Step {
        inbox.nextStep(
            after: committedAt.map { .init(ended: $0 * Self.millisecond, appends: 1) },
            maintenanceDue: Self.maintenance, now: milliseconds * Self.millisecond)
    }

    private func sleepsUntil(at milliseconds: UInt64, committedAt: UInt64? = nil) throws -> UInt64 {
        let step = step(at: milliseconds, committedAt: committedAt)
        guard case .sleep(let until) = step else {
            Issue.record("no sleep: \(step)")
            throw CancellationError()
        }
        return until / Self.millisecond
    }

    private func report(at milliseconds: UInt64) {
        var news = DeliveryNews()
        news.acknowledgedUpTo = Int64(milliseconds)
        _ = inbox.report(news, now: milliseconds * Self.millisecond)
    }

    private var hasRung: Bool {
        var bell = pollfd(fd: inbox.bell.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&bell, 1, 0) > 0
    }

    private func commitOneRow(at milliseconds: UInt64) async throws {
        async let appended = inbox.append([entry()], bytes: 20, arrival: milliseconds * Self.millisecond)
        while inbox.waitingRows() == 0 { await Task.yield() }
        guard case .commit(let items, _) = step(at: milliseconds) else {
            Issue.record("no commit")
            inbox.close(.hasEnded)
            return
        }
        for item in items { item.payload.continuation.resume(returning: .success([])) }
        _ = try await appended.get()
        inbox.bell.answer()
    }

    @Test func newsWakeAWriterThatWouldSleepTooLong() throws {
        #expect(try sleepsUntil(at: 1) == 30_000)
        report(at: 10)
        #expect(hasRung)
        #expect(try sleepsUntil(at: 11) == 260)
        guard case .flush(let news) = step(at: 260) else {
            Issue.record("no flush")
            return
        }
        #expect(news.acknowledgedUpTo == 10)
    }

    @Test func newsOfACommitDoNotWakeTheWriterThatExpectsThem() async throws {
        try await commitOneRow(at: 1)
        #expect(try sleepsUntil(at: 3, committedAt: 2) == 252)
        report(at: 4)
        #expect(!hasRung)
        // Earlier than its news are due: it sleeps on.
        #expect(try sleepsUntil(at: 252, committedAt: 2) == 254)
        guard case .flush = step(at: 254, committedAt: 2) else {
            Issue.record("no flush")
            return
        }
    }

    @Test func aCommitWithoutNewsIsWaitedForOnce() async throws {
        try await commitOneRow(at: 1)
        #expect(try sleepsUntil(at: 3, committedAt: 2) == 252)
        #expect(try sleepsUntil(at: 252, committedAt: 2) == 30_000)
        report(at: 300)
        #expect(hasRung)
    }

    @Test func aNewRowWakesTheWriterWhateverItExpects() async throws {
        try await commitOneRow(at: 1)
        #expect(try sleepsUntil(at: 3, committedAt: 2) == 252)
        async let appended = inbox.append([entry()], bytes: 20, arrival: 4 * Self.millisecond)
        while inbox.waitingRows() == 0 { await Task.yield() }
        #expect(hasRung)
        inbox.close(.hasEnded)
        _ = await appended
    }
}
