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
        /// 0: no limit.
        var livePerSecond = 0
        /// An interruption that is shorter is no outage: what waits goes out as if nothing had been.
        var outageAfter: UInt64 = 1_000_000_000
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

    /// Live messages and replays share the socket, and so the order in which a probe confirms.
    enum Lane: Sendable, Hashable {
        case live
        case replay
    }

    private struct Row: Sendable {
        /// Rises by one with everything that is sent.
        var ordinal: UInt64
        var lane: Lane
        var seq: Int64
        var topic: TelemetryTopic
        var sentAt: UInt64
    }

    private let configuration: Configuration
    private let topics: [TelemetryTopic]
    private var subscriptions: Subscriptions
    private var link = Link.down
    /// nil: it has never been up.
    private var wentDownAt: UInt64?

    /// Rows handed off, not confirmed, oldest first.
    private var window: Deque<Row> = []
    private var nextOrdinal: UInt64 = 1
    /// Rows up to this one were reported as handed off.
    private var reportedOrdinal: UInt64 = 0
    private(set) var lastSentSeq: Int64?
    private(set) var lastConfirmedSeq: Int64?
    /// The first row of this connection that the socket may have thrown away.
    private var firstDoubted: Int64?

    /// When a socket that had no room is tried again.
    private(set) var retryAt: UInt64?
    private var retryWait = Self.firstRetryWait
    private var pace: CatchUpPace
    /// Keeps a burst of results from flooding a broker: it reads everything, tells nobody when a listener's queue is full, and
    /// drops the rest. A row dropped there would be called confirmed although its listener lacks it.
    private var livePace: TokenBucket

    private var probes: ProbeSchedule
    private var topicNews: TopicNews
    private var replay: ReplayLane?

    private var report = DeliveryReport()
    private var reportDue: UInt64?

    /// Live messages sent at once: well below the 1,000 that a broker holds per listener by default.
    static let liveBurst = 500
    static let firstRetryWait: UInt64 = 100_000
    static let longestRetryWait: UInt64 = 8_000_000
    private static let rangesPerReport = 512

    init(configuration: Configuration, probeTopic: [UInt8] = []) {
        self.configuration = configuration
        topics = TelemetryTopic.allCases
        subscriptions = Subscriptions(
            watching: topics.map { Array($0.name.utf8) } + [Array(TelemetryTopic.legacyName.utf8), probeTopic])
        pace = CatchUpPace(perSecond: configuration.catchUpPerSecond)
        livePace = TokenBucket(perSecond: configuration.livePerSecond, burst: Self.liveBurst)
        probes = ProbeSchedule(interval: configuration.probeInterval)
        topicNews = TopicNews(settle: configuration.settle)
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
        guard let first = window.first(where: { $0.lane == .live })?.seq else { return firstDoubted }
        return min(first, firstDoubted ?? first)
    }

    /// How long the oldest unanswered probe has been waiting; nil when none is on its way.
    func silence(at now: UInt64) -> UInt64? { probes.silence(at: now) }

    // MARK: - Link

    var isLinkUp: Bool { link != .down }

    /// - Parameter lastSubmitted: rows up to this one piled up while the link was down; they are sent at a pace.
    /// - Returns: whether the interruption was an outage, so that what piled up is for a catch-up to send.
    @discardableResult
    mutating func linkCameUp(lastSubmitted: Int64, at now: UInt64) -> Bool {
        guard link == .down else { return false }
        link = .settling(until: now + configuration.settle)
        firstDoubted = nil
        pace.begin(through: lastSubmitted, at: now)
        return now - min(now, wentDownAt ?? now) >= configuration.outageAfter
    }

    /// Subscriptions that were still arriving have come when it is time; until then nobody knows whether somebody listens.
    mutating func settle(at now: UInt64) {
        if case .settling(let until) = link, now >= until { link = .up }
    }

    private var settlesAt: UInt64? {
        if case .settling(let until) = link { until } else { nil }
    }

    /// The publisher begins now: until the link is up there is an outage.
    mutating func begin(at now: UInt64) {
        wentDownAt = now
    }

    /// What was handed off and not confirmed may or may not have arrived.
    mutating func linkWentDown(at now: UInt64) {
        guard link != .down else { return }
        link = .down
        wentDownAt = now
        topicNews.forget()
        replay?.linkWentDown()
        retryAt = nil
        retryWait = Self.firstRetryWait
        probes.forget()
        releaseOldRows(at: now)
        settleWindow(as: .uncertain, at: now)
    }

    /// Takes a frame from the XPUB socket.
    mutating func take(notification: [UInt8], at now: UInt64) -> Subscriptions.Change {
        let change = subscriptions.take(notification)
        if change != .nothing { subscriptionsChanged(at: now) }
        return change
    }

    private mutating func subscriptionsChanged(at now: UInt64) {
        topicNews.changed(to: namedTopics, at: now)
        replay?.subscriptionsChanged(subscriptions, at: now)
    }

    private var namedTopics: Set<TelemetryTopic> {
        Set(topics.indices.filter(subscriptions.reachByName).map { topics[$0] })
    }

    /// The topics that somebody has begun to listen to, by name, since this was asked last; empty until the link is up and
    /// the subscriptions that come together are there.
    mutating func takeNewTopics(at now: UInt64) -> Set<TelemetryTopic> {
        guard let due = newTopicsDue, now >= due else { return [] }
        return topicNews.take(namedTopics)
    }

    private var newTopicsDue: UInt64? {
        guard let due = topicNews.due else { return nil }
        switch link {
        case .down: return nil
        case .settling(let until): return max(until, due)
        case .up: return due
        }
    }

    // MARK: - Sending

    mutating func decide(seq: Int64, topic: TelemetryTopic, at now: UInt64) -> Decision {
        if let hold = hold(at: now) { return hold }
        let (own, legacy) = (isReachedItself(topic), isReachedByLegacy(topic))
        guard own || legacy else {
            note(seq, topic, .noSubscriber, at: now)
            return .undelivered
        }
        if let until = pace.hold(seq, at: now) ?? livePace.hold(at: now) { return .hold(until: until) }
        return .send(own: own, legacy: legacy)
    }

    /// Why nothing at all can be sent now; nil when it can.
    private mutating func hold(at now: UInt64) -> Decision? {
        settle(at: now)
        switch link {
        case .down: return .hold(until: nil)
        case .settling(let until): return .hold(until: until)
        case .up: break
        }
        if let retryAt, now < retryAt { return .hold(until: retryAt) }
        return nil
    }

    /// The socket has taken the row's first message.
    mutating func sent(seq: Int64, topic: TelemetryTopic, lane: Lane = .live, at now: UInt64) {
        retryAt = nil
        retryWait = Self.firstRetryWait
        if lane == .live {
            pace.sent(seq)
            livePace.spend()
            lastSentSeq = seq
        } else {
            replay?.sent()
        }
        report.count(topic, .handedOff, in: lane)
        window.append(Row(ordinal: nextOrdinal, lane: lane, seq: seq, topic: topic, sentAt: now))
        nextOrdinal += 1
        scheduleReport(at: now)
        if window.count > configuration.windowLimit { releaseOldest() }
    }

    /// A listener left in the moment of the last send: the socket may have thrown the message away without saying so.
    mutating func doubtLastSent(at now: UInt64) {
        guard let row = window.last else { return }
        let isStillReached =
            row.lane == .live
            ? isReached(row.topic) : replay?.places[row.topic].map(subscriptions.reach) ?? false
        guard !isStillReached else { return }
        window.removeLast()
        if row.lane == .live { firstDoubted = firstDoubted ?? row.seq }
        note(row, .uncertain, at: now)
    }

    /// The socket has no room. XPUB always claims to be writable, so there is nothing to wait for but time.
    mutating func refused(at now: UInt64) {
        retryAt = now + retryWait
        retryWait = min(retryWait * 2, Self.longestRetryWait)
    }

    /// The row cannot be sent at all.
    mutating func unsendable(seq: Int64, topic: TelemetryTopic, lane: Lane = .live, at now: UInt64) {
        note(seq, topic, .notPublished, in: lane, at: now)
    }

    // MARK: - Replay

    /// A replay begins.
    ///
    /// - Parameter names: of its topics on the wire.
    mutating func beginReplay(_ names: [TelemetryTopic: [UInt8]], namedOnly: Bool, at now: UInt64) {
        let ordered = names.sorted { $0.key.rawValue < $1.key.rawValue }
        subscriptions.watch(ordered.map(\.value))
        let first = topics.count + 2
        replay = ReplayLane(
            places: Dictionary(uniqueKeysWithValues: zip(ordered.map(\.key), first...)), namedOnly: namedOnly)
        subscriptionsChanged(at: now)
    }

    /// What is still unconfirmed of it is uncertain.
    mutating func endReplay(at now: UInt64) {
        guard replay != nil else { return }
        let rows = window.filter { $0.lane == .replay }
        window.removeAll { $0.lane == .replay }
        for row in rows {
            if configuration.hasProbe { note(row, .uncertain, at: now) } else { release(row) }
        }
        subscriptions.watch([])
        replay = nil
    }

    /// Since when the replay has somebody to send to, subscriptions that come together included; nil: it has nobody.
    func replayIsReached(at now: UInt64) -> UInt64? {
        guard link != .down, let reachedAt = replay?.reachedAt else { return nil }
        return reachedAt + configuration.settle
    }

    /// Messages of the replay that are on their way.
    var replayUnconfirmed: Int { replay?.unconfirmed ?? 0 }

    /// A row of it was lost on the way.
    var replayIsInDoubt: Bool { replay?.isInDoubt ?? false }

    /// Whether more of them would be too many: what is sent while the window is full could never be confirmed.
    private var replayWindowIsFull: Bool {
        configuration.hasProbe && replayUnconfirmed >= configuration.windowLimit / 2
    }

    mutating func decideReplay(seq: Int64, topic: TelemetryTopic, at now: UInt64) -> Decision {
        if let hold = hold(at: now) { return hold }
        guard let replay, replay.isReached(topic, subscriptions) else {
            note(seq, topic, .noSubscriber, in: .replay, at: now)
            return .undelivered
        }
        return replayWindowIsFull ? .hold(until: nil) : .send(own: true, legacy: false)
    }

    /// Goes back behind the last row that is not in doubt: what follows is sent once more.
    ///
    /// - Returns: that row, and how many were sent behind it.
    mutating func rewindReplay() -> (position: Int64?, rows: Int64) {
        replay?.rewind() ?? (nil, 0)
    }

    // MARK: - Probe

    mutating func probeLinkChanged(isUp: Bool) {
        probes.linkChanged(isUp: isUp)
    }

    /// The number of a probe that should be sent now, behind everything handed off so far; tell ``probeSent(_:at:)`` when the
    /// socket took it.
    func probeDue(at now: UInt64) -> UInt64? {
        guard let due = probeTime, now >= due else { return nil }
        return probes.nextNumber
    }

    private var probeTime: UInt64? {
        guard configuration.hasProbe, link == .up, probes.isLinkUp, !window.isEmpty, subscriptions.reach(probeIndex)
        else { return nil }
        return max(probes.due(behind: nextOrdinal - 1), retryAt ?? 0)
    }

    mutating func probeSent(_ number: UInt64, at now: UInt64) {
        guard let last = window.last else { return }
        probes.sent(number, behind: last.ordinal, at: now)
    }

    /// A probe came back: one pipe keeps order, so the broker has read everything that was handed off before it.
    ///
    /// - Returns: how long it was on its way; nil for one that is not known any more.
    @discardableResult
    mutating func probeReturned(_ number: UInt64, at now: UInt64) -> UInt64? {
        guard let probe = probes.returned(number, at: now) else { return nil }
        while let row = window.first, row.ordinal <= probe.ordinal {
            window.removeFirst()
            note(row, .brokerConfirmed, at: now)
            if row.lane == .live { lastConfirmedSeq = row.seq }
        }
        if let doubted = firstDoubted, doubted <= lastConfirmedSeq ?? .min { firstDoubted = nil }
        return probe.roundTrip
    }

    // MARK: - Reports

    /// What should be written back now; nil when it is not yet time.
    ///
    /// - Parameter isLast: of a replay: also before it is time.
    mutating func takeReport(at now: UInt64, isLast: Bool = false) -> DeliveryReport? {
        guard let reportDue,
            isLast || now >= reportDue || report.ranges.count + report.replayed.count >= Self.rangesPerReport
        else { return nil }
        releaseOldRows(at: now)
        for row in window.suffix(while: { $0.ordinal > reportedOrdinal }) {
            report.note(row.seq, .handedOff, in: row.lane)
        }
        reportedOrdinal = max(reportedOrdinal, window.last?.ordinal ?? 0)
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
    var awaitsConfirmation: Bool { configuration.hasProbe && isLinkUp && probes.isLinkUp && !window.isEmpty }

    /// When the owner should look again, events aside.
    var deadline: UInt64? {
        [probeTime, reportDue, newTopicsDue, settlesAt].compactMap { $0 }.min()
    }

    // MARK: - Window

    private mutating func note(
        _ seq: Int64, _ topic: TelemetryTopic, _ state: DeliveryState, in lane: Lane = .live, at now: UInt64
    ) {
        report.note(seq, state, in: lane)
        report.count(topic, state, in: lane)
        scheduleReport(at: now)
    }

    /// What became of a row that has left the window.
    private mutating func note(_ row: Row, _ state: DeliveryState, at now: UInt64) {
        if row.lane == .replay { settleReplay(row, isInDoubt: state == .uncertain) }
        note(row.seq, row.topic, state, in: row.lane, at: now)
    }

    private mutating func settleReplay(_ row: Row, isInDoubt: Bool) {
        if let position = replay?.settle(row.seq, isInDoubt: isInDoubt) { report.position = position }
    }

    private mutating func scheduleReport(at now: UInt64) {
        if reportDue == nil { reportDue = now + configuration.flushInterval }
    }

    private mutating func settleWindow(as state: DeliveryState, at now: UInt64) {
        for row in window { note(row, state, at: now) }
        window.removeAll(keepingCapacity: true)
    }

    /// Lets rows go whose fate a lost link would not put in doubt.
    mutating func releaseOldRows(at now: UInt64) {
        guard !configuration.hasProbe else { return }
        let age = configuration.listens ? 0 : configuration.uncertainFor
        while let row = window.first, row.sentAt + age <= now { releaseOldest() }
    }

    private mutating func releaseOldest() {
        release(window.removeFirst())
    }

    /// Its fate is what it is: handed off.
    private mutating func release(_ row: Row) {
        if row.ordinal > reportedOrdinal {
            report.note(row.seq, .handedOff, in: row.lane)
            reportedOrdinal = row.ordinal
        }
        // Where a probe confirms, a row that is let go unconfirmed stays in doubt.
        if row.lane == .replay { settleReplay(row, isInDoubt: configuration.hasProbe) }
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
