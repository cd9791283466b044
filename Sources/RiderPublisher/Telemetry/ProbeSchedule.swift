import DequeModule

/// The probes that follow rows through the robot's broker: when the next one is due, which are on their way, and what one that
/// comes back confirms. Like the state machine that owns it, it has no clock.
struct ProbeSchedule: Sendable {
    static let longestWait: UInt64 = 1_000_000_000
    /// A probe is due behind so many rows, however recent the last one is.
    static let rowsPerProbe: UInt64 = 512
    private static let mostUnderway = 32

    private struct Probe: Sendable {
        var number: UInt64
        /// The last row before it.
        var ordinal: UInt64
        var sentAt: UInt64
    }

    private let interval: UInt64
    /// Whether the link on which probes come back is up.
    private(set) var isLinkUp = false
    private var underway: Deque<Probe> = []
    private(set) var nextNumber: UInt64 = 1
    private var nextAt: UInt64 = 0
    private var wait: UInt64
    /// The last row that a probe was sent behind.
    private var lastOrdinal: UInt64 = 0
    /// When the oldest probe was sent that the probe's own link took with it: of a frozen broker either link may fail first.
    private var lostSince: UInt64?

    init(interval: UInt64) {
        self.interval = interval
        wait = interval
    }

    /// The link on which probes come back has changed.
    mutating func linkChanged(isUp: Bool) {
        isLinkUp = isUp
        wait = interval
        lostSince = isUp ? nil : underway.first?.sentAt ?? lostSince
        if !isUp { underway.removeAll() }
    }

    /// The link on which probes are sent went down: none of them comes back.
    mutating func forget() {
        lostSince = nil
        underway.removeAll()
    }

    /// How long the oldest unanswered probe has been waiting; nil when none is on its way.
    func silence(at now: UInt64) -> UInt64? {
        (underway.first?.sentAt ?? lostSince).map { now - min($0, now) }
    }

    /// When the next probe is due.
    ///
    /// - Parameter ordinal: of the last row that was sent.
    func due(behind ordinal: UInt64) -> UInt64 {
        let isFarBehind = ordinal - lastOrdinal >= Self.rowsPerProbe && underway.count < Self.mostUnderway
        return isFarBehind ? 0 : nextAt
    }

    mutating func sent(_ number: UInt64, behind ordinal: UInt64, at now: UInt64) {
        // An older probe that is still on its way loses nothing when it is forgotten: this one says more.
        if underway.count >= Self.mostUnderway { underway.removeFirst() }
        // Unanswered probes become rarer.
        wait = underway.isEmpty ? interval : min(wait * 2, Self.longestWait)
        underway.append(Probe(number: number, ordinal: ordinal, sentAt: now))
        lastOrdinal = ordinal
        nextNumber = number + 1
        nextAt = now + wait
    }

    /// A probe came back: one pipe keeps order, so the broker has read everything that was handed off before it.
    ///
    /// - Returns: the last row before it and how long it was on its way; nil for one that is not known any more.
    mutating func returned(_ number: UInt64, at now: UInt64) -> (ordinal: UInt64, roundTrip: UInt64)? {
        guard let index = underway.firstIndex(where: { $0.number == number }) else { return nil }
        let probe = underway[index]
        underway.removeFirst(index + 1)
        wait = interval
        nextAt = min(nextAt, now + wait)
        return (probe.ordinal, now - min(now, probe.sentAt))
    }
}
