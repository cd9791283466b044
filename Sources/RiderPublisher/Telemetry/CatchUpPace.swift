/// Keeps rows that piled up during an outage from flooding the broker, which drops silently what a listener cannot take.
struct CatchUpPace: Sendable {
    /// Sent at once: well below the 1,000 messages that a broker holds per listener by default.
    static let burst = 200.0

    private let perSecond: Double
    private var lastSeq: Int64 = .min
    private var credit = Self.burst
    private var countedAt: UInt64 = 0

    /// - Parameter perSecond: 0 is no limit.
    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
    }

    /// Rows up to this one are sent at a pace from now on.
    mutating func begin(through seq: Int64, at now: UInt64) {
        lastSeq = max(lastSeq, seq)
        credit = Self.burst
        countedAt = now
    }

    /// When the row may be sent; nil is now.
    mutating func hold(_ seq: Int64, at now: UInt64) -> UInt64? {
        guard perSecond > 0, seq <= lastSeq else { return nil }
        credit = min(Self.burst, credit + Double(now - min(countedAt, now)) / 1e9 * perSecond)
        countedAt = max(countedAt, now)
        guard credit < 1 else { return nil }
        return now + UInt64((1 - credit) / perSecond * 1e9) + 1
    }

    mutating func sent(_ seq: Int64) {
        if seq <= lastSeq { credit -= 1 }
    }
}
