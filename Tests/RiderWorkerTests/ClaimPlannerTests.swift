import RiderModel
import Testing

@testable import RiderWorker

@Suite struct ClaimPlannerTests {
    @Test func withoutExperienceOnlyFreeSlotsAreClaimed() {
        var planner = ClaimPlanner(slots: [.text: 2, .vision: 1], batchSize: 256, claimAhead: .milliseconds(20))
        #expect(planner.reserve().capacity == [.text: 2, .vision: 1])
        #expect(planner.openDomains.isEmpty)
    }

    @Test func whatAClaimDidNotUseIsFreeAgain() {
        var planner = ClaimPlanner(slots: [.text: 2, .vision: 1], batchSize: 256, claimAhead: .milliseconds(20))
        let reservation = planner.reserve()
        planner.settle(reservation, runnable: [.text: 1], refused: 0)
        #expect(planner.held == 1)
        #expect(planner.reserve().capacity == [.text: 1, .vision: 1])
    }

    @Test func fastTasksAreClaimedAheadAndSlowOnesAreNot() {
        var planner = ClaimPlanner(slots: [.text: 2, .voice: 2], batchSize: 256, claimAhead: .milliseconds(20))
        planner.settle(planner.reserve(), runnable: [.text: 1, .voice: 1], refused: 0)
        planner.ended(in: .text, tookNanoseconds: 10_000)
        planner.ended(in: .voice, tookNanoseconds: 300_000_000)
        planner.released(2)
        #expect(planner.reserve().capacity == [.text: 256, .voice: 2])
    }

    @Test func oneSlowTaskMakesItsDomainCarefulAtOnce() {
        var planner = ClaimPlanner(slots: [.text: 2], batchSize: 64, claimAhead: .milliseconds(20))
        for sample in [UInt64](repeating: 10_000, count: 50) + [2_000_000_000] {
            planner.settle(planner.reserve(), runnable: [.text: 1], refused: 0)
            planner.ended(in: .text, tookNanoseconds: sample)
            planner.released(1)
        }
        #expect(planner.reserve().capacity == [.text: 2])
    }

    @Test func resultsThatWaitForTheDiskBoundWhatIsClaimed() {
        var planner = ClaimPlanner(slots: [.text: 1], batchSize: 10, claimAhead: .milliseconds(20))
        var claimed = 0
        while true {
            let reservation = planner.reserve()
            guard let count = reservation.capacity[.text] else { break }
            planner.settle(reservation, runnable: [.text: count], refused: 0)
            for _ in 0..<count { planner.ended(in: .text, tookNanoseconds: 1_000) }
            claimed += count
        }
        #expect(claimed == 41, "four batches and the slots")
        #expect(planner.openDomains.isEmpty)
        planner.released(claimed)
        #expect(planner.openDomains == [.text])
    }
}
