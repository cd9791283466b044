import RiderModel
import Testing

@testable import RiderReplay

@Suite struct ReplayPaceTests {
    private static let millisecond: UInt64 = 1_000_000
    private static let second: UInt64 = 1_000_000_000

    private func at(_ milliseconds: Int64) -> UnixTime { UnixTime(milliseconds: milliseconds) }

    /// Sends every message as soon as it is due and returns when each one went out.
    private func times(_ rate: ReplayRate, _ stamps: [Int64], lateBy: UInt64 = 0) -> [UInt64] {
        var pace = ReplayPace(rate)
        var now = Self.second
        return stamps.map { stamp in
            now = max(now, pace.due(at(stamp), at: now)) + lateBy
            pace.sent(at(stamp), at: now)
            return now
        }
    }

    @Test func aFixedRateIsKeptFromTheFirstMessageOn() {
        let times = times(.perSecond(200), Array(repeating: 0, count: 401))
        #expect(times.last.map { $0 - times[0] } == 2 * Self.second)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 5 * Self.millisecond })
    }

    @Test func aThreadThatWakesUpLateDoesNotLowerTheRate() {
        let times = times(.perSecond(200), Array(repeating: 0, count: 401), lateBy: Self.millisecond)
        let took = (times.last ?? 0) - times[0]
        #expect(took <= 2 * Self.second + 2 * Self.millisecond)
    }

    @Test func aLongDelayIsNotMadeUpForInABurst() {
        var pace = ReplayPace(.perSecond(100))
        pace.sent(at(0), at: Self.second)
        pace.sent(at(0), at: 5 * Self.second)
        #expect(pace.due(at(0), at: 5 * Self.second) == 5 * Self.second + 10 * Self.millisecond)
    }

    @Test func originalGapsAreKept() {
        let stamps: [Int64] = [1000, 1010, 1010, 1500, 4000]
        let times = times(.speed(1), stamps)
        #expect(times.map { ($0 - times[0]) / Self.millisecond } == [0, 10, 10, 500, 3000])
        let faster = self.times(.speed(10), stamps)
        #expect(faster.map { ($0 - faster[0]) / Self.millisecond } == [0, 1, 1, 50, 300])
    }

    @Test func aClockThatWasSetBackBeginsAnewWithoutAWait() {
        let times = times(.speed(1), [5000, 5100, 1000, 1100])
        #expect(times.map { ($0 - times[0]) / Self.millisecond } == [0, 100, 100, 200])
    }

    @Test func whatStoodStillForLongKeepsTheGapsThatFollow() {
        var pace = ReplayPace(.speed(1))
        #expect(pace.due(at(0), at: 0) == 0)
        pace.sent(at(0), at: 0)
        pace.sent(at(100), at: 10 * Self.second)
        #expect(pace.due(at(150), at: 10 * Self.second) == 10 * Self.second + 50 * Self.millisecond)
    }

    @Test func nothingIsHeldBackWithoutALimit() {
        var pace = ReplayPace(.unlimited)
        for _ in 0..<100 {
            #expect(pace.due(at(0), at: 7) == 7)
            pace.sent(at(0), at: 7)
        }
    }

    @Test func theSafeRateFallsWhenTheBrokerIsSlowAndComesBack() {
        var pace = ReplayPace(.adaptive(800))
        pace.confirmed(roundTrip: Self.millisecond)
        #expect(pace.rate == 800)
        for _ in 0..<3 { pace.confirmed(roundTrip: 100 * Self.millisecond) }
        #expect(pace.rate == 100)
        #expect(pace.unconfirmedLimit == 50)
        for _ in 0..<100 { pace.confirmed(roundTrip: 200 * Self.millisecond) }
        #expect(pace.rate == 25, "it never stands still")
        for _ in 0..<40 { pace.confirmed(roundTrip: Self.millisecond) }
        #expect(pace.rate == 800, "and never exceeds what was configured")
    }

    @Test(arguments: ["1x", "10x", "0.5x", "200/s", "max"]) func ratesReadBack(text: String) throws {
        #expect(try #require(ReplayRate(parsing: text)).description == text)
    }

    @Test(arguments: ["", "x", "/s", "0x", "-1x", "0/s", "1e9x", "fast", "nanx", "200", "99999999/s"])
    func whatIsNoRateIsRefused(text: String) {
        #expect(ReplayRate(parsing: text) == nil)
    }
}
