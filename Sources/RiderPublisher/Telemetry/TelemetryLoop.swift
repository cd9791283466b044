import DequeModule
import Glibc
import Logging
import RiderBus
import RiderExecution
import RiderJournal
import RiderModel
import RiderReplay
import Synchronization

/// The publisher's thread: owns the sockets, tells the state machine what happens on them and does what it decides.
final class TelemetryLoop {
    /// A row on its way into the socket.
    private struct Outgoing {
        let seq: Int64
        let topic: TelemetryTopic
        /// The record until it is known which messages to make of it; made once, however often the socket refuses them.
        let record: JournalRecord
        var messages: [[[UInt8]]]?
        var nextMessage = 0
    }

    let publisher: TelemetryPublisher
    private let requestBacklog: (TelemetryBuffer.BacklogRequest) -> Void
    let socket: ZeroMQSocket
    private let monitor: LinkMonitor
    private let probe: TelemetryProbe?
    let builder: TelemetryMessageBuilder
    var machine: PublisherStateMachine
    private var taken: Deque<JournalRecord> = []
    private var head: Outgoing?
    var replay: RunningReplay?
    /// Live rows up to this one have been sent, or passed over.
    private var passedSeq: Int64
    var napsUntil: UInt64 = 0
    private var lastConfirmedProbeAt: UnixTime?
    private var diagnosis: LinkDiagnosis
    /// What others were told of the link.
    private var toldLink: TelemetryLinkChange?

    /// Within a busy stream the thread naps instead of waiting for a bell, so that a submit costs no system call. Longer than the gaps of
    /// such a stream, shorter than those of any other one, whose messages would only wait for the end of a nap.
    static let napTime: UInt64 = 3_000_000
    /// When a row was last looked at.
    private var workedAt: UInt64 = 0
    /// The rows in hand came soon after the ones before them.
    private var isBusy = false
    private static let rowsPerTurn = 256
    private static let topicNames = Dictionary(
        uniqueKeysWithValues: TelemetryTopic.allCases.map { ($0, Array($0.name.utf8)) })
    private static let legacyName = Array(TelemetryTopic.legacyName.utf8)

    init(
        of publisher: TelemetryPublisher, backlog: AsyncStream<TelemetryBuffer.BacklogRequest>.Continuation
    ) throws {
        self.publisher = publisher
        requestBacklog = { backlog.yield($0) }
        passedSeq = publisher.environment.journaledBefore
        let configuration = publisher.configuration
        let listens = configuration.endpoint.role == .bind
        let watchful = [ZeroMQOption].watchful(
            heartbeatInterval: configuration.heartbeatIntervalMilliseconds,
            heartbeatTimeout: configuration.heartbeatTimeoutMilliseconds)
        socket = try ZeroMQSocket(
            .extendedPublish, in: publisher.context,
            options: watchful + [
                // Without it libzmq keeps the oldest messages of an outage and delivers them late.
                .immediate,
                // A full listener is told apart from a fast one: nothing is dropped silently.
                .refuseWhenFull,
                // 0 would be no limit at all.
                .sendHighWaterMark(Int32(clamping: max(1, configuration.sendHighWaterMark))),
                // Listeners send subscriptions only.
                .maximumMessageBytes(1_048_576),
            ])
        monitor = try socket.startMonitor([.life, .init(.connected)])
        probe =
            try listens
            ? nil
            : configuration.confirmationEndpoint.map {
                try TelemetryProbe(
                    publisherID: configuration.publisherID, endpoint: $0, in: publisher.context, options: watchful)
            }
        builder = TelemetryMessageBuilder(
            publisherID: configuration.publisherID, maxMessageBytes: configuration.maxMessageBytes)
        machine = PublisherStateMachine(
            configuration: .init(configuration, hasProbe: probe != nil), probeTopic: probe?.topic ?? [])
        diagnosis = LinkDiagnosis(
            heartbeatInterval: UInt64(max(0, configuration.heartbeatIntervalMilliseconds)) * 1_000_000,
            heartbeatTimeout: UInt64(max(0, configuration.heartbeatTimeoutMilliseconds)) * 1_000_000)
        try socket.attach(to: configuration.endpoint)
        let address = socket.lastEndpoint
        publisher.address.withLock { $0 = address }
    }

    // MARK: - Loop

    func run() throws {
        var poller = ZeroMQPoller()
        let bell = poller.add(publisher.doorbell)
        _ = poller.add(socket)
        _ = poller.add(monitor)
        if let probe {
            _ = poller.add(probe.socket)
            _ = poller.add(probe.monitor)
        }
        machine.begin(at: publisher.time.monotonicNanoseconds())
        if publisher.configuration.endpoint.role == .bind { linkChanged(isUp: true) }
        while !publisher.stopped.isSet {
            try poller.wait(milliseconds: try turn())
            publisher.buffer.wakeUp()
            if poller.isReadable(bell) { publisher.doorbell.answer() }
        }
        try finish(&poller)
    }

    /// Does everything that can be done now.
    ///
    /// - Returns: how long to wait for the next event, in milliseconds; nil for ever.
    private func turn() throws -> Int? {
        try readSockets()
        let held = try sendRows()
        var maySendReplay = false
        if case .nothingToSend = held { maySendReplay = true }
        let replayHeld = try sendReplay(maySend: maySendReplay)
        publisher.inHand.store(taken.count + (head == nil ? 0 : 1), ordering: .relaxed)
        try sendProbe()
        report()
        tellNewTopics()

        let now = publisher.time.monotonicNanoseconds()
        machine.settle(at: now)
        diagnosis.look(at: now, isUp: machine.isLinkUp, silence: machine.silence(at: now))
        tellLink(at: now)
        var next = deadline ?? .max
        for held in [held, replayHeld] {
            switch held {
            case .moreNow: return 0
            case .until(let time): next = min(next, time)
            case .untilEvent, .nothingToSend: break
            }
        }
        if maySendReplay {
            if now < napsUntil {
                next = min(next, now + 1_000_000)
            } else if !publisher.buffer.fallAsleep() {
                return 0
            }
        }
        return next == .max ? nil : wait(from: now, to: next)
    }

    /// Short waits are made here: the poller counts in milliseconds.
    private func wait(from now: UInt64, to time: UInt64) -> Int {
        if time > now, time - now < 1_000_000, napsUntil > now {
            var span = timespec(tv_sec: 0, tv_nsec: Int(time - now))
            nanosleep(&span, nil)
            return 0
        }
        return milliseconds(from: now, to: time)
    }

    private func tellNewTopics() {
        let topics = machine.takeNewTopics(at: publisher.time.monotonicNanoseconds())
        if !topics.isEmpty { publisher.environment.subscribersCame(topics, passedSeq) }
    }

    /// When to look again, events aside.
    private var deadline: UInt64? {
        guard let own = diagnosis.deadline else { return machine.deadline }
        return min(own, machine.deadline ?? .max)
    }

    private func milliseconds(from now: UInt64, to time: UInt64) -> Int {
        time <= now ? 0 : Int(clamping: (time - now + 999_999) / 1_000_000)
    }

    // MARK: - Sockets

    func readSockets() throws {
        _ = try readSubscriptions()
        while let event = try monitor.next() {
            guard publisher.configuration.endpoint.role == .connect else { continue }
            diagnosis.take(event.kind, at: publisher.time.monotonicNanoseconds())
            if let isUp = event.linkIsUp { linkChanged(isUp: isUp) }
        }
        guard let probe else { return }
        while let event = try probe.monitor.next() {
            if let isUp = event.linkIsUp { machine.probeLinkChanged(isUp: isUp) }
        }
        while let answer = try probe.next() {
            let roundTrip = machine.probeReturned(answer.number, at: publisher.time.monotonicNanoseconds())
            if let roundTrip { replay?.pace.confirmed(roundTrip: roundTrip) }
            lastConfirmedProbeAt = answer.sentAt
        }
    }

    /// Always drained: an unread notification would hide that the last listener has left.
    ///
    /// - Returns: whether someone has left.
    func readSubscriptions() throws -> Bool {
        var someoneLeft = false
        while true {
            switch try socket.receive() {
            case .message(let frames):
                let now = publisher.time.monotonicNanoseconds()
                if machine.take(notification: frames.first ?? [], at: now) == .unsubscribed { someoneLeft = true }
            case .refused: break
            case .nothing: return someoneLeft
            }
        }
    }

    private func linkChanged(isUp: Bool) {
        guard machine.isLinkUp != isUp else { return }
        let now = publisher.time.monotonicNanoseconds()
        if isUp {
            if machine.linkCameUp(lastSubmitted: publisher.buffer.submittedSeq, at: now) { passOver() }
            diagnosis.linkCameUp()
            tellLink(at: now)
        } else {
            diagnosis.linkWentDown(silence: machine.silence(at: now))
            let firstRowAtRisk = machine.firstRowAtRisk
            machine.linkWentDown(at: now)
            tellLink(at: now, firstRowAtRisk: firstRowAtRisk)
            // A row that is partly in the socket is uncertain by now.
            if let head, head.nextMessage > 0 { self.head = nil }
        }
        publisher.linkIsUp.store(isUp, ordering: .relaxed)
        publisher.metrics.linkIsUp(isUp)
        publisher.logger.log(
            level: isUp ? .info : .warning, isUp ? "telemetry link is up" : "telemetry link is down",
            metadata: ["endpoint": "\(publisher.configuration.endpoint)"])
    }

    /// Tells others what is known of the link when that has changed.
    ///
    /// - Parameter firstRowAtRisk: what was at risk before the state machine settled it.
    private func tellLink(at now: UInt64, firstRowAtRisk: Int64? = nil) {
        let change = TelemetryLinkChange(
            isUp: machine.isLinkUp, at: publisher.time.wall(), isFrozen: diagnosis.isFrozen,
            hasSubscribers: machine.hasSubscribers(at: now), lastConfirmedSeq: machine.lastConfirmedSeq,
            lastSentSeq: machine.lastSentSeq, firstRowAtRisk: firstRowAtRisk ?? machine.firstRowAtRisk,
            lastConfirmedAt: lastConfirmedProbeAt)
        if let told = toldLink, told.isUp == change.isUp, told.isFrozen == change.isFrozen,
            told.hasSubscribers == change.hasSubscribers
        {
            return
        }
        toldLink = change
        publisher.environment.linkChanged(change)
    }

    /// What waited through an outage is no news any more: live messages go on with what comes now, and a catch-up, which
    /// marks them, sends the others.
    private func passOver() {
        head = nil
        taken = []
        // Taken before: a row that is submitted meanwhile is not passed over.
        let numbers = publisher.buffer.submittedNumbers
        passedSeq = max(passedSeq, publisher.buffer.passOver())
        for (topic, number) in numbers { publisher.publishedNumbers.note(number, of: topic) }
    }

    // MARK: - Rows

    enum Held {
        case nothingToSend
        case moreNow
        case until(UInt64)
        case untilEvent
    }

    private func sendRows() throws -> Held {
        for _ in 0..<Self.rowsPerTurn {
            guard let outgoing = nextRow() else { return .nothingToSend }
            let now = publisher.time.monotonicNanoseconds()
            workedAt = now
            if isBusy { napsUntil = now + Self.napTime }
            if outgoing.nextMessage == 0 {
                switch machine.decide(seq: outgoing.seq, topic: outgoing.topic, at: now) {
                case .hold(let until):
                    // Its pace may be finer than the poller's milliseconds.
                    napsUntil = now + Self.napTime
                    return until.map(Held.until) ?? .untilEvent
                case .undelivered:
                    publisher.publishedNumbers.note(outgoing.record.topicSeq, of: outgoing.topic)
                    passed(outgoing)
                    continue
                case .send(let own, let legacy):
                    // Subscriptions may have changed since the socket refused the row.
                    let messages = messages(of: outgoing.record, own: own, legacy: legacy)
                    head?.messages = messages
                }
            }
            guard try sendHead(at: now) else { return .until(machine.retryAt ?? now) }
        }
        return .moreNow
    }

    private func nextRow() -> Outgoing? {
        if let head { return head }
        if taken.isEmpty {
            switch publisher.buffer.take() {
            case .records(let records):
                taken = records
                isBusy = publisher.time.monotonicNanoseconds() - workedAt < Self.napTime
            case .backlog(let request):
                requestBacklog(request)
                return nil
            case .nothing: return nil
            }
        }
        guard let record = taken.popFirst() else { return nil }
        head = Outgoing(seq: record.seq, topic: record.topic, record: record)
        return head
    }

    private func messages(of record: JournalRecord, own: Bool, legacy: Bool) -> [[[UInt8]]] {
        var messages: [[[UInt8]]] = []
        if own, let name = Self.topicNames[record.topic], let body = builder.body(of: record) {
            messages.append([name, body])
        }
        if legacy, let body = builder.legacyBody(of: record) { messages.append([Self.legacyName, body]) }
        return messages
    }

    /// - Returns: false when the socket has no room.
    private func sendHead(at now: UInt64) throws -> Bool {
        guard let outgoing = head, let messages = outgoing.messages else { return true }
        guard !messages.isEmpty else {
            publisher.logger.warning(
                "a result cannot be published: it is larger than telemetry.max_message_bytes without its binary fields",
                metadata: ["seq": "\(outgoing.seq)", "bytes": "\(outgoing.record.body.count)"])
            machine.unsendable(seq: outgoing.seq, topic: outgoing.topic, at: now)
            publisher.publishedNumbers.note(outgoing.record.topicSeq, of: outgoing.topic)
            passed(outgoing)
            return true
        }
        for index in outgoing.nextMessage..<messages.count {
            guard try socket.send(messages[index]) == .sent else {
                machine.refused(at: now)
                napsUntil = now + Self.napTime
                head?.nextMessage = index
                return false
            }
            if index == 0 {
                publisher.publishedNumbers.note(outgoing.record.topicSeq, of: outgoing.topic)
                machine.sent(seq: outgoing.seq, topic: outgoing.topic, at: now)
            }
            if try readSubscriptions() {
                machine.doubtLastSent(at: now)
                // The link may be gone as well: libzmq says so on the monitor before it reports the listeners as gone.
                try readSockets()
            }
        }
        passed(outgoing)
        return true
    }

    private func passed(_ outgoing: Outgoing) {
        head = nil
        passedSeq = max(passedSeq, outgoing.seq)
    }

    // MARK: - Probe and report

    private func sendProbe() throws {
        guard let probe else { return }
        let now = publisher.time.monotonicNanoseconds()
        guard let number = machine.probeDue(at: now) else { return }
        let message = probe.message(number: number, at: publisher.time.wall())
        if try socket.send(message) == .sent {
            machine.probeSent(number, at: now)
        } else {
            machine.refused(at: now)
        }
    }

    private func report() {
        guard let report = machine.takeReport(at: publisher.time.monotonicNanoseconds()) else { return }
        deliver(report)
    }

    func deliver(_ report: DeliveryReport) {
        publisher.metrics.count(report.counts)
        publisher.metrics.countReplayed(report.replayCounts)
        if !report.ranges.isEmpty { publisher.environment.deliveries(report.ranges) }
        guard let replay else { return }
        var told = ReplayReport(phase: replay.phase)
        told.ranges = report.replayed
        told.position = report.position
        told.sent = replay.sent
        replay.feed.job.report(told)
    }

    // MARK: - End

    /// Sends what it can for a short while. What stays in memory stays `journaled`.
    private func finish(_ poller: inout ZeroMQPoller) throws {
        publisher.replays.close()
        replay?.feed.stop()
        let linger = publisher.configuration.stopLingerMilliseconds
        let end = publisher.time.monotonicNanoseconds() + UInt64(linger) * 1_000_000
        while machine.isLinkUp {
            try readSockets()
            let held = try sendRows()
            // What is on its way in a replay may still be confirmed.
            if replay != nil { _ = try sendReplay(maySend: false) }
            try sendProbe()
            let now = publisher.time.monotonicNanoseconds()
            if case .nothingToSend = held, !machine.awaitsConfirmation, replay == nil { break }
            guard now < end else { break }
            try poller.wait(milliseconds: 1)
            // A bell that keeps ringing would make the wait a busy one.
            publisher.doorbell.answer()
        }
        if replay != nil { completeReplay(.success(.stopped), at: publisher.time.monotonicNanoseconds()) }
        if let report = machine.stop(at: publisher.time.monotonicNanoseconds()) { deliver(report) }
        publisher.linkIsUp.store(false, ordering: .relaxed)
        publisher.metrics.linkIsUp(false)
        try socket.set(.linger(Int32(clamping: linger)))
    }
}

extension PublisherStateMachine.Configuration {
    init(_ configuration: TelemetryConfiguration, hasProbe: Bool) {
        func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(max(0, milliseconds)) * 1_000_000 }
        self.init()
        listens = configuration.endpoint.role == .bind
        self.hasProbe = hasProbe
        legacyTopic = configuration.legacyTopic
        settle = nanoseconds(configuration.settleMilliseconds)
        probeInterval = nanoseconds(configuration.probeIntervalMilliseconds)
        outageAfter = nanoseconds(configuration.outageMilliseconds)
        catchUpPerSecond = configuration.catchUpPerSecond
        // A socket of our own refuses when a listener is behind; a broker does not.
        livePerSecond = listens ? 0 : configuration.livePerSecond
        windowLimit = max(configuration.bufferMessages, 1024)
        uncertainFor =
            2 * nanoseconds(configuration.heartbeatIntervalMilliseconds + configuration.heartbeatTimeoutMilliseconds)
        flushInterval = nanoseconds(configuration.deliveryFlushMilliseconds)
    }
}
