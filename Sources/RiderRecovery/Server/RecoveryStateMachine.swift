import DequeModule
import RiderJournal
import RiderModel
import RiderPublisher

/// The worker's side of gap recovery without sockets, files and clocks: what listeners ask, whose turn it is, how much each
/// may have on its way, and what they have acknowledged. The owner carries out its actions.
///
/// The journal is read for one listener at a time, one page each turn, so that a large request delays nobody for long.
struct RecoveryStateMachine: Sendable {
    struct Configuration: Sendable {
        var maxListeners = 32
        var idle: UInt64 = 60_000_000_000
        var messagesPerAnswer = 64
        var bytesPerAnswer = 262_144
        var windowBytes = 1_048_576
        var acknowledgedRunsPerSecond = 16_384
    }

    /// The routing id that the socket gives a connection.
    typealias ListenerID = [UInt8]

    enum Action: Sendable {
        case send(ListenerID, frames: [[UInt8]])
        /// Read the journal and give the result to ``pageRead(_:_:at:now:)`` or ``rowsRead(_:_:now:)``. Only one read is ever
        /// asked for at a time.
        case read(Read)
        /// A listener has these rows.
        case acknowledge([ClosedRange<Int64>])
    }

    enum Read: Sendable, Hashable {
        case page(ListenerID, NumberRange, limit: Int, maxBytes: Int)
        case rows(ListenerID, NumberRange)
    }

    /// What happened since the last look, for metrics.
    struct Tally: Sendable, Equatable {
        var requests: [String: Int] = [:]
        var refused: [RecoveryRefusal.Reason: Int] = [:]
        var messages: [TelemetryTopic: Int] = [:]
        /// Runs of numbers.
        var gone: [RecoveryAnswer.Gone: Int] = [:]
        /// Runs of numbers.
        var acknowledgements: [AcknowledgementOutcome: Int] = [:]
        var acknowledgedRows = 0
    }

    /// What became of acknowledged runs of numbers.
    enum AcknowledgementOutcome: String, Sendable, CaseIterable {
        /// Written down, as far as there are rows.
        case taken
        /// None of it was ever sent: no listener can have it.
        case beyond
        case unknownPublisher = "unknown_publisher"
    }

    private enum Step: Sendable {
        case read(NumberRange)
        case gone(NumberRange, RecoveryAnswer.Gone)
    }

    private struct Request: Sendable {
        var id: Int64
        var steps: Deque<Step>
        var sentBytes: Int64 = 0
        /// What the listener says it has read.
        var creditedBytes: Int64 = 0
    }

    private struct Session: Sendable {
        var lastHeard: UInt64
        var request: Request?
        var acknowledgements: Deque<NumberRange> = []
    }

    let publisherID: String
    private let configuration: Configuration
    private let builder: TelemetryMessageBuilder
    private var sessions: [ListenerID: Session] = [:]
    /// Whose turn it is.
    private var turns: Deque<ListenerID> = []
    /// The read that is under way; it may be of a request that has been replaced meanwhile.
    private var reading: Read?
    private var readingID: Int64?
    private var pace: AcknowledgementPace
    private var actions: [Action] = []
    private(set) var tally = Tally()

    init(publisherID: String, maxMessageBytes: Int, configuration: Configuration = Configuration()) {
        self.publisherID = publisherID
        self.configuration = configuration
        builder = TelemetryMessageBuilder(publisherID: publisherID, maxMessageBytes: maxMessageBytes)
        pace = AcknowledgementPace(perSecond: configuration.acknowledgedRunsPerSecond)
    }

    var listeners: Int { sessions.count }

    mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    mutating func takeTally() -> Tally {
        defer { tally = Tally() }
        return tally
    }

    // MARK: - Requests

    /// - Parameter published: the last number per topic that was sent so far; topics without one are absent.
    mutating func take(
        frames: [[UInt8]], from listener: ListenerID, published: [TelemetryTopic: Int64], now: UInt64
    ) {
        do throws(RecoveryRefusal) {
            let request = try ListenerRequest(frames: frames)
            try meet(listener, now: now)
            tally.requests[request.kind, default: 0] += 1
            obey(request, of: listener, published: published)
        } catch {
            refuse(error, to: listener)
        }
        work(now: now)
    }

    mutating func tookOversized(from listener: ListenerID, limit: Int) {
        refuse(RecoveryRefusal(.tooLarge, "a request may have \(limit) bytes"), to: listener)
    }

    private mutating func refuse(_ refusal: RecoveryRefusal, to listener: ListenerID) {
        tally.refused[refusal.reason, default: 0] += 1
        send(.refused(refusal), to: listener)
    }

    private mutating func meet(_ listener: ListenerID, now: UInt64) throws(RecoveryRefusal) {
        if sessions[listener] == nil {
            guard sessions.count < configuration.maxListeners else {
                throw RecoveryRefusal(
                    .tooManyListeners, "\(configuration.maxListeners) listeners are served already; ask again later")
            }
            sessions[listener] = Session(lastHeard: now)
            turns.append(listener)
        }
        sessions[listener]?.lastHeard = now
    }

    private mutating func obey(
        _ request: ListenerRequest, of listener: ListenerID, published: [TelemetryTopic: Int64]
    ) {
        switch request {
        case .hello:
            sendState(to: listener, published: published)
        case .get(let id, let publisherID, let ranges):
            let steps = ranges.flatMap { self.steps(for: $0, of: publisherID, published: published) }
            sessions[listener]?.request = Request(id: id, steps: Deque(steps))
        case .credit(let id, let bytes):
            guard var open = sessions[listener]?.request, open.id == id else { return }
            // More than was sent cannot have been read.
            open.creditedBytes = max(open.creditedBytes, min(bytes, open.sentBytes))
            sessions[listener]?.request = open
        case .acknowledge(let publisherID, let ranges):
            guard publisherID == self.publisherID else {
                tally.acknowledgements[.unknownPublisher, default: 0] += ranges.count
                sendState(to: listener, published: published)
                return
            }
            // What an earlier message said and was not yet looked at is said again by this one.
            sessions[listener]?.acknowledgements = Deque(
                ranges.compactMap { range in
                    let last = min(range.numbers.upperBound, published[range.topic] ?? 0)
                    guard range.numbers.lowerBound <= last else {
                        tally.acknowledgements[.beyond, default: 0] += 1
                        return nil
                    }
                    return NumberRange(topic: range.topic, numbers: range.numbers.lowerBound...last)
                })
        }
    }

    private func steps(
        for range: NumberRange, of publisherID: String, published: [TelemetryTopic: Int64]
    ) -> [Step] {
        guard publisherID == self.publisherID else { return [.gone(range, .unknownPublisher)] }
        let last = published[range.topic] ?? 0
        var steps: [Step] = []
        if range.numbers.lowerBound <= last {
            steps.append(
                .read(
                    NumberRange(
                        topic: range.topic, numbers: range.numbers.lowerBound...min(last, range.numbers.upperBound))))
        }
        if range.numbers.upperBound > last {
            let beyond = max(last + 1, range.numbers.lowerBound)...range.numbers.upperBound
            steps.append(.gone(NumberRange(topic: range.topic, numbers: beyond), .neverSent))
        }
        return steps
    }

    private mutating func sendState(to listener: ListenerID, published: [TelemetryTopic: Int64]) {
        let numbers = Dictionary(uniqueKeysWithValues: TelemetryTopic.allCases.map { ($0, published[$0] ?? 0) })
        send(
            .state(publisherID: publisherID, numbers: numbers, windowBytes: configuration.windowBytes), to: listener)
    }

    private mutating func send(_ answer: RecoveryAnswer, to listener: ListenerID) {
        actions.append(.send(listener, frames: answer.frames))
    }

    // MARK: - Turns

    /// Does what can be done without the journal and asks for the next read when none is under way.
    private mutating func work(now: UInt64) {
        for _ in turns.indices {
            guard reading == nil, let listener = turns.popFirst() else { return }
            turns.append(listener)
            if let range = sessions[listener]?.acknowledgements.first, pace.allows(at: now) {
                ask(.rows(listener, range), id: nil)
            } else {
                advance(listener)
            }
        }
    }

    private mutating func ask(_ read: Read, id: Int64?) {
        reading = read
        readingID = id
        actions.append(.read(read))
    }

    /// Goes on with a listener's open request until the journal has to be read or the listener has enough on its way.
    private mutating func advance(_ listener: ListenerID) {
        while let request = sessions[listener]?.request {
            let room = Int64(configuration.windowBytes) - (request.sentBytes - request.creditedBytes)
            guard room > 0 else { return }
            switch request.steps.first {
            case .read(let range):
                ask(
                    .page(
                        listener, range, limit: configuration.messagesPerAnswer,
                        maxBytes: Int(min(room, Int64(configuration.bytesPerAnswer)))), id: request.id)
                return
            case .gone(let range, let reason):
                sessions[listener]?.request?.steps.removeFirst()
                tell(.gone(id: request.id, range: range, reason), to: listener)
                tally.gone[reason, default: 0] += 1
            case nil:
                tell(.end(id: request.id), to: listener)
                sessions[listener]?.request = nil
            }
        }
    }

    /// Sends an answer to an open request.
    private mutating func tell(_ answer: RecoveryAnswer, to listener: ListenerID) {
        let frames = answer.frames
        sessions[listener]?.request?.sentBytes += Int64(frames.reduce(0) { $0 + $1.count })
        actions.append(.send(listener, frames: frames))
    }

    // MARK: - The journal's answers

    /// - Parameter time: when the messages are sent again.
    mutating func pageRead(_ page: TopicPage, at time: UnixTime, now: UInt64) {
        defer { work(now: now) }
        guard case .page(let listener, let range, _, _) = finishRead(), let id = readingID,
            sessions[listener]?.request?.id == id
        else { return }
        let through = min(page.through, range.numbers.upperBound)
        // A page that says nothing would be asked for again for ever.
        guard through >= range.numbers.lowerBound else {
            giveUp(listener, id)
            return
        }
        sessions[listener]?.request?.steps.removeFirst()
        if through < range.numbers.upperBound {
            let rest = NumberRange(topic: range.topic, numbers: (through + 1)...range.numbers.upperBound)
            sessions[listener]?.request?.steps.prepend(.read(rest))
        }
        let pieces = HistoryPieces(page, numbers: range.numbers.lowerBound...through) { record in
            builder.body(of: record, replay: .init(at: time, of: record.recordedAt))
        }
        for piece in pieces {
            switch piece {
            case .messages(let numbers, let bodies):
                tally.messages[range.topic, default: 0] += bodies.count
                tell(
                    .history(id: id, range: NumberRange(topic: range.topic, numbers: numbers), bodies: bodies),
                    to: listener)
            case .gone(let numbers, let reason):
                tally.gone[reason, default: 0] += 1
                tell(.gone(id: id, range: NumberRange(topic: range.topic, numbers: numbers), reason), to: listener)
            }
        }
    }

    mutating func rowsRead(_ rows: TopicRows, now: UInt64) {
        defer { work(now: now) }
        guard case .rows(let listener, let range) = finishRead() else { return }
        if !rows.runs.isEmpty { actions.append(.acknowledge(rows.runs)) }
        pace.took(max(1, rows.runs.count), at: now)
        let through = max(range.numbers.lowerBound, min(rows.through, range.numbers.upperBound))
        let taken = NumberRange(topic: range.topic, numbers: range.numbers.lowerBound...through)
        tally.acknowledgements[.taken, default: 0] += 1
        tally.acknowledgedRows += rows.count
        send(.acknowledged(publisherID: publisherID, ranges: [taken]), to: listener)
        // A newer message may have replaced what was read for.
        guard sessions[listener]?.acknowledgements.first == range else { return }
        sessions[listener]?.acknowledgements.removeFirst()
        if through < range.numbers.upperBound {
            sessions[listener]?.acknowledgements.prepend(
                NumberRange(topic: range.topic, numbers: (through + 1)...range.numbers.upperBound))
        }
    }

    /// The journal could not be read: the listener is told and asks again later.
    mutating func readFailed(now: UInt64) {
        defer { work(now: now) }
        switch finishRead() {
        case .page(let listener, _, _, _):
            if let id = readingID, sessions[listener]?.request?.id == id { giveUp(listener, id) }
        case .rows(let listener, _):
            sessions[listener]?.acknowledgements.removeAll()
            refuse(RecoveryRefusal(.unavailable, "the journal cannot be read now"), to: listener)
        case nil: break
        }
    }

    private mutating func giveUp(_ listener: ListenerID, _ id: Int64) {
        sessions[listener]?.request = nil
        refuse(RecoveryRefusal(.unavailable, "the journal cannot be read now", id: id), to: listener)
    }

    private mutating func finishRead() -> Read? {
        defer { reading = nil }
        return reading
    }

    // MARK: - Listeners that go

    /// The listener takes nothing any more, or is gone: it asks again when it is back.
    mutating func sendFailed(to listener: ListenerID, isGone: Bool) {
        sessions[listener]?.request = nil
        if isGone { forget(listener) }
    }

    private mutating func forget(_ listener: ListenerID) {
        sessions[listener] = nil
        turns.removeAll { $0 == listener }
    }

    /// When ``lookAround(now:)`` has something to do.
    var deadline: UInt64? {
        let idle = sessions.values.map { $0.lastHeard + configuration.idle }.min()
        let waits = reading == nil && sessions.values.contains { !$0.acknowledgements.isEmpty }
        return [idle, waits ? pace.next : nil].compactMap(\.self).min()
    }

    /// Forgets listeners that have been silent for too long, and goes on with what had to wait.
    mutating func lookAround(now: UInt64) {
        for (listener, session) in sessions where session.lastHeard + configuration.idle <= now { forget(listener) }
        work(now: now)
    }
}
