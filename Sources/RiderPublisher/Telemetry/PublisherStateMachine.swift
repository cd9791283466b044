import DequeModule
import RiderJournal
import RiderModel

/// Decides what may be sent when, and what is known about what was sent. It has no socket, no lock and no clock: the
/// owner tells it what happened and at which monotonic nanosecond, and carries out what it decides.
///
/// One row is decided on at a time, in `seq` order:
///
///     decide ─┬─ hold(until) ······ link down, subscriptions still arriving, socket full, pace: the row stays journaled
///             ├─ undelivered ······ nobody has subscribed: no_subscriber
///             └─ send ─┬─ refused · no room: the same row is decided on again later
///                      └─ sent ─┬─ probe returned ··· broker_confirmed
///                               ├─ link lost ········ uncertain
///                               └─ too long ago ····· handed_off, for good
struct PublisherStateMachine: Sendable {
    struct Configuration: Sendable, Hashable {
        /// Listens for subscribers instead of connecting to a broker: the socket is its own link, which never goes down.
        var listens = false
        /// Probes come back through the broker.
        var hasProbe = false
        var legacyTopic = false
        var settle: UInt64 = 200_000_000
        var probeInterval: UInt64 = 50_000_000
        var catchUpPerSecond = 1000
        /// Rows handed off and unconfirmed that are remembered at most.
        var windowLimit = 8192
        /// Without a probe: rows handed off longer ago than this when the link dies were read by the peer, because it still
        /// answered a heartbeat that was sent after them.
        var uncertainFor: UInt64 = 3_000_000_000
        var flushInterval: UInt64 = 250_000_000
    }

    enum Decision: Sendable, Hashable {
        /// Send the message on its own topic, on the old program's topic, or on both.
        case send(own: Bool, legacy: Bool)
        /// Nobody listens; the row is done.
        case undelivered
        /// Not now: ask again at this time, or after the next event when nil.
        case hold(until: UInt64?)
    }

    private enum Link: Sendable, Hashable {
        case down
        /// Up; subscriptions may still be on their way until then.
        case settling(until: UInt64)
        case up
    }

    private struct Row: Sendable {
        var seq: Int64
        var topic: TelemetryTopic
        var sentAt: UInt64
    }

    private struct Probe: Sendable {
        var number: UInt64
        /// The last row before it.
        var seq: Int64
        var sentAt: UInt64
    }

    private let configuration: Configuration
    private let topics: [TelemetryTopic]
    private var subscriptions: Subscriptions
    private var link = Link.down

    /// Rows handed off, not confirmed, oldest first.
    private var window: Deque<Row> = []
    /// Rows up to this one were reported as handed off.
    private var reportedSeq: Int64 = .min
    private(set) var lastSentSeq: Int64?
    private(set) var lastConfirmedSeq: Int64?
    /// The first row of this connection that the socket may have thrown away.
    private var firstDoubted: Int64?

    /// When a socket that had no room is tried again.
    private(set) var retryAt: UInt64?
    private var retryWait = Self.firstRetryWait
    private var pace: CatchUpPace

    private var probeLinkIsUp = false
    private var probes: Deque<Probe> = []
    private var nextProbeNumber: UInt64 = 1
    private var nextProbeAt: UInt64 = 0
    private var probeWait: UInt64

    private var report = DeliveryReport()
    private var reportDue: UInt64?

    static let firstRetryWait: UInt64 = 1_000_000
    static let longestRetryWait: UInt64 = 8_000_000
    static let longestProbeWait: UInt64 = 1_000_000_000
    private static let rangesPerReport = 512

    init(configuration: Configuration, probeTopic: [UInt8] = []) {
        self.configuration = configuration
        topics = TelemetryTopic.allCases
        subscriptions = Subscriptions(
            watching: topics.map { Array($0.name.utf8) } + [Array(TelemetryTopic.legacyName.utf8), probeTopic])
        pace = CatchUpPace(perSecond: configuration.catchUpPerSecond)
        probeWait = configuration.probeInterval
    }

    private var legacyIndex: Int { topics.count }
    private var probeIndex: Int { topics.count + 1 }

    private func isReached(_ topic: TelemetryTopic) -> Bool {
        isReachedItself(topic) || isReachedByLegacy(topic)
    }

    private func isReachedItself(_ topic: TelemetryTopic) -> Bool {
        topics.firstIndex(of: topic).map(subscriptions.reach) ?? false
    }

    private func isReachedByLegacy(_ topic: TelemetryTopic) -> Bool {
        configuration.legacyTopic && topic != .metrics && subscriptions.reach(legacyIndex)
    }

    /// Whether anyone listens to any telemetry; nil while that is not known.
    func hasSubscribers(at now: UInt64) -> Bool? {
        switch link {
        case .down: nil
        case .settling(let until) where now < until: nil
        case .settling, .up: topics.contains(where: isReached)
        }
    }

    /// The first row that was handed off and may be lost.
    var firstRowAtRisk: Int64? {
        guard let first = window.first?.seq else { return firstDoubted }
        return min(first, firstDoubted ?? first)
    }

    /// How long the oldest unanswered probe has been waiting; nil when none is on its way.
    func silence(at now: UInt64) -> UInt64? {
        probes.first.map { now - min($0.sentAt, now) }
    }

    // MARK: - Link

    var isLinkUp: Bool { link != .down }

    /// - Parameter lastSubmitted: rows up to this one piled up while the link was down; they are sent at a pace.
    mutating func linkCameUp(lastSubmitted: Int64, at now: UInt64) {
        guard link == .down else { return }
        link = .settling(until: now + configuration.settle)
        firstDoubted = nil
        pace.begin(through: lastSubmitted, at: now)
    }

    /// What was handed off and not confirmed may or may not have arrived.
    mutating func linkWentDown(at now: UInt64) {
        guard link != .down else { return }
        link = .down
        retryAt = nil
        retryWait = Self.firstRetryWait
        probes.removeAll()
        releaseOldRows(at: now)
        settleWindow(as: .uncertain, at: now)
    }

    /// Takes a frame from the XPUB socket.
    mutating func take(notification: [UInt8]) -> Subscriptions.Change {
        subscriptions.take(notification)
    }

    // MARK: - Sending

    mutating func decide(seq: Int64, topic: TelemetryTopic, at now: UInt64) -> Decision {
        switch link {
        case .down: return .hold(until: nil)
        case .settling(let until) where now < until: return .hold(until: until)
        case .settling: link = .up
        case .up: break
        }
        if let retryAt, now < retryAt { return .hold(until: retryAt) }
        let (own, legacy) = (isReachedItself(topic), isReachedByLegacy(topic))
        guard own || legacy else {
            note(seq, topic, .noSubscriber, at: now)
            return .undelivered
        }
        if let until = pace.hold(seq, at: now) { return .hold(until: until) }
        return .send(own: own, legacy: legacy)
    }

    /// The socket has taken the row's first message.
    mutating func sent(seq: Int64, topic: TelemetryTopic, at now: UInt64) {
        retryAt = nil
        retryWait = Self.firstRetryWait
        pace.sent(seq)
        lastSentSeq = seq
        report.count(topic, .handedOff)
        window.append(Row(seq: seq, topic: topic, sentAt: now))
        scheduleReport(at: now)
        if window.count > configuration.windowLimit { releaseOldest() }
    }

    /// A listener left in the moment of the last send: the socket may have thrown the message away without saying so.
    mutating func doubtLastSent(at now: UInt64) {
        guard let row = window.last, !isReached(row.topic) else { return }
        window.removeLast()
        firstDoubted = firstDoubted ?? row.seq
        note(row.seq, row.topic, .uncertain, at: now)
    }

    /// The socket has no room. XPUB always claims to be writable, so there is nothing to wait for but time.
    mutating func refused(at now: UInt64) {
        retryAt = now + retryWait
        retryWait = min(retryWait * 2, Self.longestRetryWait)
    }

    /// The row cannot be sent at all.
    mutating func unsendable(seq: Int64, topic: TelemetryTopic, at now: UInt64) {
        note(seq, topic, .notPublished, at: now)
    }

    // MARK: - Probe

    mutating func probeLinkChanged(isUp: Bool) {
        probeLinkIsUp = isUp
        probeWait = configuration.probeInterval
        if !isUp { probes.removeAll() }
    }

    /// The number of a probe that should be sent now, behind everything handed off so far; tell ``probeSent(_:at:)`` when the
    /// socket took it.
    func probeDue(at now: UInt64) -> UInt64? {
        guard let due = probeTime, now >= due else { return nil }
        return nextProbeNumber
    }

    private var probeTime: UInt64? {
        guard configuration.hasProbe, link == .up, probeLinkIsUp, !window.isEmpty, subscriptions.reach(probeIndex)
        else {
            return nil
        }
        return max(nextProbeAt, retryAt ?? 0)
    }

    mutating func probeSent(_ number: UInt64, at now: UInt64) {
        guard let last = window.last else { return }
        // An older probe that is still on its way loses nothing when it is forgotten: this one says more.
        if probes.count >= 32 { probes.removeFirst() }
        // Unanswered probes become rarer.
        probeWait = probes.isEmpty ? configuration.probeInterval : min(probeWait * 2, Self.longestProbeWait)
        probes.append(Probe(number: number, seq: last.seq, sentAt: now))
        nextProbeNumber = number + 1
        nextProbeAt = now + probeWait
    }

    /// A probe came back: one pipe keeps order, so the broker has read everything that was handed off before it.
    mutating func probeReturned(_ number: UInt64, at now: UInt64) {
        guard let index = probes.firstIndex(where: { $0.number == number }) else { return }
        let seq = probes[index].seq
        probes.removeFirst(index + 1)
        probeWait = configuration.probeInterval
        nextProbeAt = min(nextProbeAt, now + probeWait)
        if let doubted = firstDoubted, doubted <= seq { firstDoubted = nil }
        while let row = window.first, row.seq <= seq {
            window.removeFirst()
            note(row.seq, row.topic, .brokerConfirmed, at: now)
            lastConfirmedSeq = row.seq
        }
    }

    // MARK: - Reports

    /// What should be written back now; nil when it is not yet time.
    mutating func takeReport(at now: UInt64) -> DeliveryReport? {
        guard let reportDue, now >= reportDue || report.ranges.count >= Self.rangesPerReport else { return nil }
        releaseOldRows(at: now)
        for row in window.suffix(while: { $0.seq > reportedSeq }) { report.note(row.seq, .handedOff) }
        reportedSeq = max(reportedSeq, window.last?.seq ?? .min)
        defer {
            report = DeliveryReport()
            self.reportDue = nil
        }
        return report.isEmpty ? nil : report
    }

    /// The last report. With a probe, what is unconfirmed now never will be; without one, the rows stay handed off.
    mutating func stop(at now: UInt64) -> DeliveryReport? {
        if configuration.hasProbe { settleWindow(as: .uncertain, at: now) }
        link = .down
        reportDue = now
        return takeReport(at: now)
    }

    /// Whether sent rows still wait for a probe that can come back.
    var awaitsConfirmation: Bool { configuration.hasProbe && isLinkUp && probeLinkIsUp && !window.isEmpty }

    /// When the owner should look again, events aside.
    var deadline: UInt64? {
        guard let probeTime else { return reportDue }
        return min(probeTime, reportDue ?? .max)
    }

    // MARK: - Window

    private mutating func note(_ seq: Int64, _ topic: TelemetryTopic, _ state: DeliveryState, at now: UInt64) {
        report.note(seq, state)
        report.count(topic, state)
        scheduleReport(at: now)
    }

    private mutating func scheduleReport(at now: UInt64) {
        if reportDue == nil { reportDue = now + configuration.flushInterval }
    }

    private mutating func settleWindow(as state: DeliveryState, at now: UInt64) {
        for row in window { note(row.seq, row.topic, state, at: now) }
        window.removeAll(keepingCapacity: true)
    }

    /// Lets rows go whose fate a lost link would not put in doubt.
    private mutating func releaseOldRows(at now: UInt64) {
        guard !configuration.hasProbe else { return }
        let age = configuration.listens ? 0 : configuration.uncertainFor
        while let row = window.first, row.sentAt + age <= now { releaseOldest() }
    }

    private mutating func releaseOldest() {
        let row = window.removeFirst()
        if row.seq > reportedSeq {
            report.note(row.seq, .handedOff)
            reportedSeq = row.seq
        }
    }
}

extension Deque {
    /// The longest end of the deque whose elements all satisfy the condition.
    fileprivate func suffix(while condition: (Element) -> Bool) -> SubSequence {
        var start = endIndex
        while start > startIndex, condition(self[start - 1]) { start -= 1 }
        return self[start...]
    }
}
