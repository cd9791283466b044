import RiderModel

/// Makes outages of what the publisher tells of its link. It has no clock and no file: the owner tells it what happened, and
/// writes down what it decides.
///
///     link down ──────────────── link_down, or frozen when the other side is there and does not answer
///     link up, no answers ────── frozen
///     link up, nobody listens ── no_subscriber
///     link up, not yet known ─── none: subscriptions are on their way
///
/// A link that is not up in the beginning counts as down after a moment only: it is being built.
public struct OutageStateMachine: Sendable {
    /// What is known of the link, told whenever it changes.
    public struct Signal: Sendable, Hashable {
        public var at: UnixTime
        public var isUp: Bool
        public var isFrozen = false
        /// nil while it is not known.
        public var hasSubscribers: Bool?
        /// The last row that was handed to the socket.
        public var lastSentSeq: Int64?
        /// The first row that was handed to the socket and may be lost.
        public var firstRowAtRisk: Int64?
        /// When the last message that is known to have arrived was sent.
        public var lastConfirmedAt: UnixTime?

        public init(at: UnixTime, isUp: Bool) {
            self.at = at
            self.isUp = isUp
        }
    }

    public struct Beginning: Sendable, Hashable {
        public var cause: Outage.Cause
        public var begunAt: UnixTime
        public var noticedAt: UnixTime
        public var afterSeq: Int64
    }

    public enum Action: Sendable, Hashable {
        case begin(Beginning)
        /// More is known of the one that lasts.
        case rename(Outage.Cause)
        case end(at: UnixTime)
    }

    /// The cause of the outage that lasts; nil when none does.
    public private(set) var cause: Outage.Cause?
    /// Rows up to this one belong to the past.
    private var settledSeq: Int64
    /// The link has never been up.
    private var isNew = true
    /// A down that is not taken for an outage yet.
    private var firstDown: Signal?

    /// - Parameter lastSeq: the last row that an earlier process has written.
    public init(lastSeq: Int64) {
        settledSeq = lastSeq
    }

    public mutating func take(_ signal: Signal) -> [Action] {
        if isNew, !signal.isUp, !signal.isFrozen {
            firstDown = firstDown ?? signal
            return []
        }
        firstDown = nil
        if signal.isUp { isNew = false }
        return change(to: cause(of: signal), signal)
    }

    /// Time has passed since the beginning: a link that is still not up is down.
    public mutating func startHasPassed() -> [Action] {
        isNew = false
        guard let signal = firstDown else { return [] }
        firstDown = nil
        return change(to: .linkDown, signal)
    }

    /// The process ends in good order; what comes then is not this outage any more.
    public mutating func stop(at time: UnixTime) -> [Action] {
        guard cause != nil else { return [] }
        cause = nil
        return [.end(at: time)]
    }

    private func cause(of signal: Signal) -> Outage.Cause? {
        // Whoever was silent before the link broke has not become any less so.
        if !signal.isUp { return signal.isFrozen || cause == .frozen ? .frozen : .linkDown }
        if signal.isFrozen { return .frozen }
        return signal.hasSubscribers == false ? .noSubscriber : nil
    }

    private mutating func change(to next: Outage.Cause?, _ signal: Signal) -> [Action] {
        guard next != cause else { return [] }
        let before = cause
        cause = next
        if before == .linkDown, next == .frozen { return [.rename(.frozen)] }
        var actions: [Action] = before == nil ? [] : [.end(at: signal.at)]
        guard let next else { return actions }
        var beginning = Beginning(
            cause: next, begunAt: signal.at, noticedAt: signal.at,
            afterSeq: max(signal.lastSentSeq ?? 0, settledSeq))
        if let first = signal.firstRowAtRisk {
            beginning.afterSeq = first - 1
            if let confirmed = signal.lastConfirmedAt { beginning.begunAt = min(confirmed, signal.at) }
        }
        actions.append(.begin(beginning))
        return actions
    }

    /// An outage has ended with this row.
    public mutating func ended(through seq: Int64) {
        settledSeq = max(settledSeq, seq)
    }
}
