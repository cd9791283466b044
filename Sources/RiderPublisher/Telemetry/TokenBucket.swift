/// Lets a burst through at once and what follows at a rate. It has no clock: times are monotonic nanoseconds that the owner tells.
///
///     if let until = bucket.hold(at: now) { … wait until then … }
///     bucket.spend()
struct TokenBucket: Sendable, Hashable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var countedAt: UInt64 = 0

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - perSecond: 0 is no limit.
    ///   - burst: what it holds at most.
    init(perSecond: Int, burst: Int) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
        tokens = self.burst
    }

    /// Fills it up.
    mutating func refill(at now: UInt64) {
        tokens = burst
        countedAt = now
    }

    /// When there is a token to spend; nil is now.
    mutating func hold(at now: UInt64) -> UInt64? {
        guard perSecond > 0 else { return nil }
        tokens = min(burst, tokens + Double(now - min(countedAt, now)) / 1e9 * perSecond)
        countedAt = max(countedAt, now)
        guard tokens < 1 else { return nil }
        return now + UInt64((1 - tokens) / perSecond * 1e9) + 1
    }

    mutating func spend() {
        tokens -= 1
    }
}
