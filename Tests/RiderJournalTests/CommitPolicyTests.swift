import Testing

@testable import RiderJournal

@Suite struct CommitPolicyTests {
    private static let millisecond: UInt64 = 1_000_000
    private let policy: CommitPolicy

    init() {
        var configuration = JournalConfiguration()
        configuration.commitRows = 10
        configuration.commitBytes = 1_000
        configuration.commitInterval = .milliseconds(2)
        policy = CommitPolicy(configuration)
    }

    private func group(appends: Int, rows: Int = 1, bytes: Int = 10, arrival: UInt64 = 0) -> CommitGroup {
        var group = CommitGroup()
        for _ in 0..<appends { group.add(rows: rows, bytes: bytes, arrival: arrival) }
        return group
    }

    @Test func nothingWaitingIsNothingToDo() {
        #expect(policy.decide(CommitGroup(), after: nil, now: 5) == .nothing)
    }

    @Test func anIdleJournalCommitsAtOnce() {
        #expect(policy.decide(group(appends: 1), after: nil, now: 0) == .commit)
        let last = CommitPolicy.LastCommit(ended: 0, appends: 8)
        let now = 2 * Self.millisecond
        #expect(policy.decide(group(appends: 1, arrival: now), after: last, now: now) == .commit)
    }

    @Test func aBusyJournalWaitsForTheCompanyOfTheLastCommit() {
        let last = CommitPolicy.LastCommit(ended: 100, appends: 3)
        #expect(
            policy.decide(group(appends: 2, arrival: 150), after: last, now: 200)
                == .wait(until: 150 + 2 * Self.millisecond))
        #expect(policy.decide(group(appends: 3, arrival: 150), after: last, now: 200) == .commit)
    }

    @Test func aLoneAppenderNeverWaits() {
        let last = CommitPolicy.LastCommit(ended: 100, appends: 1)
        #expect(policy.decide(group(appends: 1, arrival: 101), after: last, now: 101) == .commit)
    }

    @Test func aGroupIsDueAnIntervalAfterItsFirstRow() {
        let last = CommitPolicy.LastCommit(ended: 3 * Self.millisecond, appends: 9)
        let waiting = group(appends: 1, arrival: Self.millisecond)
        #expect(policy.decide(waiting, after: last, now: 3 * Self.millisecond) == .commit)
    }

    @Test func aGroupIsFullByRowsOrByBytes() {
        let last = CommitPolicy.LastCommit(ended: 0, appends: 100)
        #expect(policy.decide(group(appends: 1, rows: 10), after: last, now: 1) == .commit)
        #expect(policy.decide(group(appends: 1, bytes: 1_000), after: last, now: 1) == .commit)
    }
}

@Suite struct WaitingListTests {
    private func item(_ id: UInt64, rows: Int, bytes: Int = 1) -> WaitingList<UInt64>.Item {
        .init(id: id, rows: rows, bytes: bytes, arrival: id, payload: id)
    }

    private var policy: CommitPolicy {
        var configuration = JournalConfiguration()
        configuration.commitRows = 4
        return CommitPolicy(configuration)
    }

    @Test func appendsBeyondTheLimitWaitInOrder() {
        var list = WaitingList<UInt64>(maxRows: 4, maxBytes: 100)
        list.append(item(1, rows: 3))
        list.append(item(2, rows: 2))
        list.append(item(3, rows: 1))
        #expect(list.blockedCount == 2)
        let group = list.nextGroup(policy)
        #expect(list.take(group).map(\.id) == [1])
        #expect(list.blockedCount == 0)
        #expect(list.take(list.nextGroup(policy)).map(\.id) == [2, 3])
        #expect(list.isEmpty)
    }

    @Test func anAppendBeyondEveryLimitIsAdmittedAlone() {
        var list = WaitingList<UInt64>(maxRows: 4, maxBytes: 100)
        list.append(item(1, rows: 50, bytes: 5_000))
        list.append(item(2, rows: 1))
        #expect(list.blockedCount == 1)
        #expect(list.take(list.nextGroup(policy)).map(\.id) == [1])
    }

    @Test func bytesAreLimitedAsWell() {
        var list = WaitingList<UInt64>(maxRows: 100, maxBytes: 10)
        list.append(item(1, rows: 1, bytes: 8))
        list.append(item(2, rows: 1, bytes: 8))
        #expect(list.blockedCount == 1)
    }

    @Test func aWithdrawnAppendLetsTheOnesBehindItIn() {
        var list = WaitingList<UInt64>(maxRows: 4, maxBytes: 100)
        list.append(item(1, rows: 3))
        list.append(item(2, rows: 2))
        list.append(item(3, rows: 1))
        #expect(list.withdraw(1) == nil)
        #expect(list.withdraw(2) == 2)
        #expect(list.blockedCount == 0)
        #expect(list.take(list.nextGroup(policy)).map(\.id) == [1, 3])
    }
}
