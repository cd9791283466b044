/// Keeps rows that piled up during an outage from flooding the broker, which drops silently what a listener cannot take.
struct CatchUpPace: Sendable {
    /// Sent at once: well below the 1,000 messages that a broker holds per listener by default.
    static let burst = 200

    private var bucket: TokenBucket
    private var lastSeq: Int64 = .min

    /// - Parameter perSecond: 0 is no limit.
    init(perSecond: Int) {
        bucket = TokenBucket(perSecond: perSecond, burst: Self.burst)
    }

    /// Rows up to this one are sent at a pace from now on.
    mutating func begin(through seq: Int64, at now: UInt64) {
        lastSeq = max(lastSeq, seq)
        bucket.refill(at: now)
    }

    /// When the row may be sent; nil is now.
    mutating func hold(_ seq: Int64, at now: UInt64) -> UInt64? {
        seq <= lastSeq ? bucket.hold(at: now) : nil
    }

    mutating func sent(_ seq: Int64) {
        if seq <= lastSeq { bucket.spend() }
    }
}
