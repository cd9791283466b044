import Testing

@testable import RiderJournal

@Suite struct PageCountPolicyTests {
    /// A quarter of the reserve, 10 pages, may come into use uncounted.
    private static let tolerant = PageCountPolicy(reserve: 40)

    /// Whether each of several commits is counted after, by the log's length then.
    private func due(_ policy: inout PageCountPolicy, after pages: Int...) -> [Bool] {
        pages.map { policy.isDue(pagesInLog: $0) }
    }

    @Test func theFirstCommitIsCounted() {
        var policy = Self.tolerant
        let first = due(&policy, after: 0)
        policy.counted(isComfortable: true)
        let second = due(&policy, after: 0)
        #expect(first == [true])
        #expect(second == [false])
    }

    @Test func pagesAddUpUntilTheyCouldHaveUsedUpAPartOfTheReserve() {
        var policy = Self.tolerant
        policy.counted(isComfortable: true)
        let before = due(&policy, after: 4, 10, 11)
        policy.counted(isComfortable: true)
        let after = due(&policy, after: 21, 22)
        #expect(before == [false, false, true])
        #expect(after == [false, true])
    }

    @Test func aLogThatWasCopiedCountsFromItsBeginning() {
        var policy = Self.tolerant
        policy.counted(isComfortable: true)
        let before = due(&policy, after: 6)
        policy.begin(pagesInLog: 0)
        let after = due(&policy, after: 4, 5)
        #expect(before == [false])
        #expect(after == [false, true])
    }

    /// Another connection's readers may have kept the log from being used again, or let it begin unseen.
    @Test func aLogThatIsShorterThanItWasHasBegunAnew() {
        var policy = Self.tolerant
        policy.counted(isComfortable: true)
        let due = due(&policy, after: 8, 3)
        #expect(due == [false, true])
    }

    @Test func withoutRoomEachCommitIsCounted() {
        var policy = Self.tolerant
        policy.counted(isComfortable: true)
        policy.counted(isComfortable: false)
        let without = due(&policy, after: 0, 0)
        policy.counted(isComfortable: true)
        let with = due(&policy, after: 0)
        #expect(without == [true, true])
        #expect(with == [false])
    }

    @Test func aTinyQuotaIsCountedWithEachPage() {
        var policy = PageCountPolicy(reserve: 1)
        policy.counted(isComfortable: true)
        let due = due(&policy, after: 1)
        #expect(due == [true])
    }
}
