import Testing

@testable import RiderPublisher

@Suite struct TokenBucketTests {
    private static let second: UInt64 = 1_000_000_000
    private static let millisecond: UInt64 = 1_000_000

    /// Spends until there is something to wait for.
    private func spendAll(_ bucket: inout TokenBucket, at now: UInt64, atMost limit: Int = 10_000) -> Int {
        var spent = 0
        while spent < limit, bucket.hold(at: now) == nil {
            bucket.spend()
            spent += 1
        }
        return spent
    }

    @Test func aBurstIsLetThroughAtOnceAndThenATokenAtATime() {
        var bucket = TokenBucket(perSecond: 100, burst: 20)
        #expect(spendAll(&bucket, at: Self.second) == 20)
        let next = Self.second + 10 * Self.millisecond + 1
        #expect(bucket.hold(at: Self.second) == next)
        #expect(spendAll(&bucket, at: next - 2) == 0, "not before the time it has told")
        #expect(spendAll(&bucket, at: next) == 1)
    }

    @Test func aLongPauseFillsItToTheBrimAndNoFurther() {
        var bucket = TokenBucket(perSecond: 100, burst: 20)
        #expect(spendAll(&bucket, at: 0) == 20)
        #expect(spendAll(&bucket, at: 100 * Self.millisecond) == 10)
        #expect(spendAll(&bucket, at: 3600 * Self.second) == 20)
    }

    @Test func noRateIsNoLimit() {
        var bucket = TokenBucket(perSecond: 0, burst: 1)
        #expect(spendAll(&bucket, at: 0, atMost: 1000) == 1000)
    }

    @Test func refillingMakesTheNextBurstAWholeOne() {
        var bucket = TokenBucket(perSecond: 1, burst: 5)
        #expect(spendAll(&bucket, at: 0) == 5)
        bucket.refill(at: Self.millisecond)
        #expect(spendAll(&bucket, at: Self.millisecond) == 5)
    }

    @Test func aTimeBeforeTheLastOneGivesNothing() {
        var bucket = TokenBucket(perSecond: 1000, burst: 1)
        #expect(spendAll(&bucket, at: 5 * Self.second) == 1)
        #expect(bucket.hold(at: 4 * Self.second) != nil)
        #expect(spendAll(&bucket, at: 5 * Self.second + Self.millisecond) == 1)
    }
}
