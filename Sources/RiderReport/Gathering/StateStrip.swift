import RiderModel

/// The states that a breaker or a link was in: what is drawn, and how long each lasted.
///
/// Fed with readings in the order of time; a reading holds until the next one. Memory does not depend on the length of the
/// span: of each slot only the worst state is kept.
public struct StateStrip: Sendable {
    /// Slots over the whole width.
    static let slotCount = 480

    /// An engine or a link.
    public let subject: String
    /// Milliseconds in each state; what is not known is in none.
    public private(set) var milliseconds: [ReportState: Int64] = [:]
    /// The worst state of each slot; nil where nothing is known.
    private(set) var slots = [ReportState?](repeating: nil, count: slotCount)

    private let span: ReportSpan
    private var last: (state: ReportState, at: UnixTime)?

    init(subject: String, span: ReportSpan) {
        self.subject = subject
        self.span = span
    }

    /// - Parameter longestGap: when the last reading is longer ago, nothing is known of the time between: the worker did not
    ///   run.
    mutating func add(_ state: ReportState, at time: UnixTime, longestGap: Duration) {
        if let last, last.at <= time, time - last.at <= longestGap { fill(last.state, from: last.at, to: time) }
        last = (state, time)
        guard span.contains(time) else { return }
        raise(min(Self.slotCount - 1, Int(span.position(of: time) * Double(Self.slotCount))), to: state)
    }

    private mutating func fill(_ state: ReportState, from: UnixTime, to: UnixTime) {
        let (from, to) = (max(from, span.since), min(to, span.until))
        guard from < to else { return }
        milliseconds[state, default: 0] += (to - from).wholeMilliseconds
        let first = Int(span.position(of: from) * Double(Self.slotCount))
        let end = Int((span.position(of: to) * Double(Self.slotCount)).rounded(.up))
        for slot in first..<max(first, min(Self.slotCount, end)) { raise(slot, to: state) }
    }

    private mutating func raise(_ slot: Int, to state: ReportState) {
        slots[slot] = max(slots[slot] ?? state, state)
    }
}
