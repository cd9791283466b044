/// Keeps a burst of results from flooding a broker: it reads everything, tells nobody when a listener's queue is full, and
/// drops the rest. A row dropped there would be called confirmed although its listener lacks it.
struct LivePace: Sendable {
    /// Sent at once: well below the 1,000 messages that a broker holds per listener by default.
    static let burst = 500.0

    private let perSecond: Double
    private var credit = Self.burst
    private var countedAt: UInt64 = 0

    /// - Parameter perSecond: 0 is no limit.
    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
    }

    /// When the next row may be sent; nil is now.
    mutating func hold(at now: UInt64) -> UInt64? {
        guard perSecond > 0 else { return nil }
        credit = min(Self.burst, credit + Double(now - min(countedAt, now)) / 1e9 * perSecond)
        countedAt = max(countedAt, now)
        guard credit < 1 else { return nil }
        return now + UInt64((1 - credit) / perSecond * 1e9) + 1
    }

    mutating func sent() {
        credit -= 1
    }
}
