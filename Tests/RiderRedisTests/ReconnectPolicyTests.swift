import RiderModel
import Testing

@testable import RiderRedis

struct ReconnectPolicyTests {
    @Test func pausesGrowToHalfASecondAndNoFurther() {
        var policy = ReconnectPolicy()
        var now: UInt64 = 1_000_000_000
        var pauses: [Double] = []
        for _ in 0..<20 {
            policy.failed(now: now, fraction: 1)
            pauses.append(Double(policy.nextTry - now) / 1e9)
            #expect(!policy.mayTry(now: policy.nextTry - 1))
            now = policy.nextTry
            #expect(policy.mayTry(now: now))
        }
        #expect(pauses.prefix(5) == [0.05, 0.1, 0.2, 0.4, 0.5])
        #expect(pauses.last == 0.5)
        policy.succeeded()
        #expect(policy.mayTry(now: 0))
    }

    @Test func whatALostAnswerDidIsReadFromTheReceipt() {
        let done = ClaimedTask.Lease(position: 7, attempt: 1)
        let gone = ClaimedTask.Lease(position: 8, attempt: 2)
        let other = ClaimedTask.Lease(position: 9, attempt: 1)
        let cycle = UnsettledCycles.Cycle(
            token: "n-4", field: "pc/0", receipt: 0, finished: [done, gone],
            command: UnansweredCommand(clientID: 3, runID: "r"))
        var unsettled = UnsettledCycles()
        unsettled.add(cycle)
        let outcomes = (0..<2).map { _ in unsettled.settle(cycle, receipt: "n-4 8 2") }
        #expect(outcomes == [true, false])
        let (open, lost) = unsettled.filter([done, gone, other])
        #expect(open == [other] && lost == [gone])
        #expect(unsettled.isEmpty)

        unsettled.add(cycle)
        _ = unsettled.settle(cycle, receipt: "n-3 8 2")
        let still = unsettled.filter([done])
        #expect(still.open == [done] && still.lost.isEmpty)
    }
}
