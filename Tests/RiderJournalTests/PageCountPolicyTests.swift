import Testing

@testable import RiderJournal

@Suite struct PageCountPolicyTests {
    /// A quarter of the reserve, 10 pages, may come into use uncounted.
    private let policy = PageCountPolicy(reserve: 40)

    @Test func theFirstCommitIsCounted() {
        var policy = policy
        #expect(policy.isDue(pagesInLog: 0))
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 0))
    }

    @Test func pagesAddUpUntilTheyCouldHaveUsedUpAPartOfTheReserve() {
        var policy = policy
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 4))
        #expect(!policy.isDue(pagesInLog: 10))
        #expect(policy.isDue(pagesInLog: 11))
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 21))
        #expect(policy.isDue(pagesInLog: 22))
    }

    @Test func aLogThatWasCopiedCountsFromItsBeginning() {
        var policy = policy
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 6))
        policy.begin(pagesInLog: 0)
        #expect(policy.isDue(pagesInLog: 6))
    }

    /// Another connection's readers may have kept the log from being used again, or let it begin unseen.
    @Test func aLogThatIsShorterThanItWasHasBegunAnew() {
        var policy = policy
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 8))
        #expect(policy.isDue(pagesInLog: 3))
    }

    @Test func withoutRoomEachCommitIsCounted() {
        var policy = policy
        policy.counted(isComfortable: true)
        policy.counted(isComfortable: false)
        #expect(policy.isDue(pagesInLog: 0))
        #expect(policy.isDue(pagesInLog: 0))
        policy.counted(isComfortable: true)
        #expect(!policy.isDue(pagesInLog: 0))
    }

    @Test func aTinyQuotaIsCountedWithEachPage() {
        var policy = PageCountPolicy(reserve: 1)
        policy.counted(isComfortable: true)
        #expect(policy.isDue(pagesInLog: 1))
    }
}
