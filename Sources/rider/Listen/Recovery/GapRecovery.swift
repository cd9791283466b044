import DequeModule
import RiderModel
import RiderRecovery

/// A listener that misses nothing, without sockets, files and clocks: puts messages in order, asks the worker for what is
/// missing, and remembers what was handed out. `tools/listener/rider_listener.py` does the same.
///
/// The owner tells what comes from the bus and from the worker, hands out what ``next()`` gives, sends what
/// ``takeRequests()`` gives, and writes ``place`` down when ``isSaveDue(at:)`` says so, before it calls ``saved(at:)``.
struct GapRecovery: Sendable {
    struct Message: Sendable, Hashable {
        var topic: String
        var body: [UInt8]
    }

    /// What is kept on disk.
    struct Place: Sendable, Hashable {
        var publisherID: String
        var topics: [TelemetryTopic: TopicPlace]
    }

    struct Limits: Sendable {
        /// Later messages that wait for missing ones; beyond it they are let go and asked for again.
        var heldMessages = 10_000
        var heldBytes = 16 << 20
        /// Messages of a publisher nobody has heard of yet, until the worker says whose they are.
        var strangers = 1_000
        var strangerWait: UInt64 = 5_000_000_000
        /// A younger gap may still be filled by what is on its way.
        var gapAge: UInt64 = 100_000_000
        var helloInterval: UInt64 = 1_000_000_000
        var answerWait: UInt64 = 3_000_000_000
        /// The place is saved after this many messages or this time.
        var saveMessages = 500
        var saveInterval: UInt64 = 1_000_000_000
    }

    private struct Stranger: Sendable {
        var heardAt: UInt64
        var message: Message
        var mark: RiderMark
    }

    private struct Request: Sendable {
        var id: Int64
        var bytes: Int64 = 0
        var heardAt: UInt64
        var hasProgress = false
    }

    private let limits: Limits
    private let topics: [String]
    private let name: String
    private let fromStart: Bool

    /// nil until the worker has said for the first time whose journal it has.
    private(set) var place: Place?
    /// What can be handed out as it is: messages without numbers, or of a publisher that is not the worker's.
    private var loose: Deque<Message> = []
    private var strangers: Deque<Stranger> = []
    /// Publishers that are not the worker's.
    private var foreign: Deque<String> = []
    private var heldCount = 0
    private var heldBytes = 0

    private var request: Request?
    private var nextID: Int64
    private var requests: [ListenerRequest] = []
    private var gapSince: UInt64?
    private var helloAt: UInt64 = 0
    private var askAt: UInt64 = 0
    private var saveAt: UInt64 = 0
    private var unsaved = 0
    /// Topics whose numbers were lower than what is here the last time the worker spoke of them.
    private var backward: Set<TelemetryTopic> = []

    /// Messages that were here already.
    private(set) var repeated = 0
    /// Numbers that will never come.
    private(set) var gone: Int64 = 0
    private var notes: [String] = []

    /// - Parameters:
    ///   - topics: beginnings of the topics that are subscribed to.
    ///   - place: what an earlier run has written down; nil at the first start.
    ///   - fromStart: at the first start, ask for everything that the journal still has.
    ///   - firstID: higher than the ids of an earlier run, so that its answers are not taken for this one's.
    init(
        topics: [String], place: Place?, fromStart: Bool = false, name: String = "", firstID: Int64 = 1,
        limits: Limits = Limits()
    ) {
        self.topics = topics
        self.place = place
        self.fromStart = fromStart
        self.name = name
        self.limits = limits
        nextID = firstID
    }

    // MARK: - What the owner does

    /// The next message to hand out; from now on it counts as taken.
    mutating func next() -> Message? {
        if let message = loose.popFirst() { return message }
        for topic in TelemetryTopic.allCases {
            guard let body = place?.topics[topic]?.next() else { continue }
            heldCount -= 1
            heldBytes -= body.count
            unsaved += 1
            return Message(topic: topic.name, body: body)
        }
        return nil
    }

    mutating func takeRequests() -> [ListenerRequest] {
        defer { requests = [] }
        return requests
    }

    /// What a person should know.
    mutating func takeNotes() -> [String] {
        defer { notes = [] }
        return notes
    }

    /// When ``lookAround(at:)`` or a save may be due.
    var deadline: UInt64 {
        var times = [helloAt]
        if unsaved > 0 || hasRuns { times.append(saveAt) }
        if let gapSince, request == nil { times.append(max(gapSince + limits.gapAge, askAt)) }
        if let request { times.append(request.heardAt + limits.answerWait) }
        if let stranger = strangers.first { times.append(stranger.heardAt + limits.strangerWait) }
        return times.min() ?? helloAt
    }

    /// Does what time asks for.
    mutating func lookAround(at now: UInt64) {
        if let request, request.heardAt + limits.answerWait <= now { self.request = nil }
        if now >= helloAt { sayHello(at: now) }
        while let stranger = strangers.first, stranger.heardAt + limits.strangerWait <= now {
            strangers.removeFirst()
            loose.append(stranger.message)
        }
        ask(at: now)
    }

    var hasRuns: Bool { place?.topics.values.contains { !$0.runs.isEmpty } ?? false }

    /// Whether the place should be written down now.
    func isSaveDue(at now: UInt64) -> Bool {
        place != nil && (unsaved >= limits.saveMessages || now >= saveAt && (unsaved > 0 || hasRuns))
    }

    /// The place is on disk: what was handed out before it may be acknowledged.
    mutating func saved(at now: UInt64) {
        saveAt = now + limits.saveInterval
        unsaved = 0
        guard let place else { return }
        let ranges = place.topics.sorted { $0.key.rawValue < $1.key.rawValue }
            .flatMap { topic, place in place.runs.map { NumberRange(topic: topic, numbers: $0) } }
        guard !ranges.isEmpty else { return }
        requests.append(
            .acknowledge(publisherID: place.publisherID, ranges: Array(ranges.prefix(ListenerRequest.maxRanges))))
    }

    // MARK: - The bus

    mutating func hear(topic name: String, body: [UInt8], at now: UInt64) {
        let message = Message(topic: name, body: body)
        guard let mark = RiderMark(in: body), mark.topicSeq > 0, let topic = TelemetryTopic(name: name) else {
            loose.append(message)
            return
        }
        if mark.publisherID == place?.publisherID, place?.topics[topic] != nil {
            hold(body, topic, mark.topicSeq, at: now)
        } else if foreign.contains(mark.publisherID) {
            loose.append(message)
        } else {
            if strangers.count >= limits.strangers { strangers.removeFirst() }
            strangers.append(Stranger(heardAt: now, message: message, mark: mark))
            helloAt = min(helloAt, now + 200_000_000)
        }
    }

    private mutating func hold(_ body: [UInt8], _ topic: TelemetryTopic, _ number: Int64, at now: UInt64) {
        guard var place = place?.topics[topic] else { return }
        guard number > place.through, place.held[number] == nil else {
            repeated += 1
            return
        }
        place.highest = max(place.highest, number)
        let isNext = number == place.through + 1
        // What does not fit is asked for again; what is next in order always fits.
        if isNext || heldCount < limits.heldMessages && heldBytes + body.count <= limits.heldBytes {
            place.held[number] = body
            heldCount += 1
            heldBytes += body.count
        }
        self.place?.topics[topic] = place
        if !isNext { noteGap(at: now) }
    }

    private mutating func noteGap(at now: UInt64) {
        if gapSince == nil { gapSince = now }
    }

    // MARK: - The worker

    private mutating func sayHello(at now: UInt64) {
        helloAt = now + limits.helloInterval
        let places = place.map { place in
            place.topics.mapValues {
                ListenerRequest.Place(publisherID: place.publisherID, number: $0.through)
            }
        }
        requests.append(.hello(listener: name, places: places ?? [:]))
    }

    private mutating func ask(at now: UInt64) {
        guard request == nil, let gapSince, now >= max(gapSince + limits.gapAge, askAt), let place else { return }
        let share = ListenerRequest.maxRanges / max(1, place.topics.count)
        let ranges = place.topics.sorted { $0.key.rawValue < $1.key.rawValue }
            .flatMap { topic, place in
                place.missing(limit: share).map { NumberRange(topic: topic, numbers: $0) }
            }
        guard !ranges.isEmpty else {
            self.gapSince = nil
            return
        }
        nextID += 1
        request = Request(id: nextID, heardAt: now)
        requests.append(.get(id: nextID, publisherID: place.publisherID, ranges: ranges))
    }

    /// - Parameter bytes: the size of all frames of the answer.
    mutating func take(_ answer: RecoveryAnswer, bytes: Int, at now: UInt64) {
        switch answer {
        case .state(let publisherID, let numbers, _):
            learn(publisherID, numbers, at: now)
        case .acknowledged(let publisherID, let ranges):
            guard publisherID == place?.publisherID else { return }
            for range in ranges { place?.topics[range.topic]?.acknowledged(range.numbers) }
            unsaved += 1
        case .refused(let refusal):
            notes.append("the worker refuses: \(refusal.reason.rawValue): \(refusal.message)")
            guard refusal.id == request?.id else { return }
            request = nil
            askAt = now + limits.helloInterval
        case .history(let id, let range, let bodies):
            guard credit(id, bytes, at: now) else { return }
            request?.hasProgress = true
            for body in bodies { hear(topic: range.topic.name, body: body, at: now) }
        case .gone(let id, let range, let reason):
            guard credit(id, bytes, at: now) else { return }
            lose(range, reason)
        case .end(let id):
            guard let request, request.id == id else { return }
            // Without progress the rest is not to be had now.
            askAt = request.hasProgress ? now : now + limits.helloInterval
            self.request = nil
        }
    }

    /// - Returns: false for an answer to a request that is not open any more.
    private mutating func credit(_ id: Int64, _ bytes: Int, at now: UInt64) -> Bool {
        guard var request, request.id == id else { return false }
        request.heardAt = now
        request.bytes += Int64(bytes)
        self.request = request
        requests.append(.credit(id: id, bytes: request.bytes))
        return true
    }

    /// Goes on behind numbers that will not come. Those further behind wait until everything before them is settled.
    private mutating func lose(_ range: NumberRange, _ reason: RecoveryAnswer.Gone) {
        guard reason != .neverSent, var place = place?.topics[range.topic] else { return }
        let next = place.through + 1
        guard range.numbers.contains(next), place.held[next] == nil else { return }
        // The bus may have brought some of what the journal has no more.
        let last = min(range.numbers.upperBound, (place.held.keys.min() ?? .max) - 1)
        noteLoss(range.topic, next...last, reason)
        place.skip(through: last)
        self.place?.topics[range.topic] = place
        request?.hasProgress = true
        unsaved += 1
    }

    private mutating func noteLoss(
        _ topic: TelemetryTopic, _ numbers: ClosedRange<Int64>, _ reason: RecoveryAnswer.Gone
    ) {
        gone += Int64(numbers.count)
        notes.append("\(topic.name) \(numbers.lowerBound)…\(numbers.upperBound) will not come: \(reason.rawValue)")
    }

    // MARK: - Publishers

    private mutating func learn(_ publisherID: String, _ all: [TelemetryTopic: Int64], at now: UInt64) {
        let numbers = all.filter { topic, _ in topics.contains { topic.name.hasPrefix($0) } }
        if publisherID != place?.publisherID { begin(publisherID, numbers) }
        for (topic, last) in numbers {
            var place = place?.topics[topic] ?? TopicPlace(through: 0)
            place.highest = max(place.highest, last)
            if place.highest > place.through { noteGap(at: now) }
            // Said twice, it is no race with a message that was just sent.
            if last < place.through, !backward.insert(topic).inserted {
                notes.append(
                    "\(topic.name) has gone back from \(place.through) to \(last): was an older journal restored? Going on there"
                )
                passOn(place, of: topic)
                place = TopicPlace(through: last)
                unsaved += 1
            }
            if last >= place.through { backward.remove(topic) }
            self.place?.topics[topic] = place
        }
        let waiting = strangers
        strangers = []
        for stranger in waiting {
            if stranger.mark.publisherID == publisherID, let topic = TelemetryTopic(name: stranger.message.topic),
                place?.topics[topic] != nil
            {
                hold(stranger.message.body, topic, stranger.mark.topicSeq, at: now)
                continue
            }
            if !foreign.contains(stranger.mark.publisherID) {
                if foreign.count == 16 { foreign.removeFirst() }
                foreign.append(stranger.mark.publisherID)
                notes.append(
                    "a publisher that is not the worker's: its messages are passed on without certainty")
            }
            loose.append(stranger.message)
        }
    }

    /// Another journal: its numbers begin at 1, and what the old one still owed is lost.
    private mutating func begin(_ publisherID: String, _ numbers: [TelemetryTopic: Int64]) {
        let isFirstStart = place == nil
        for (topic, place) in (place?.topics ?? [:]).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            for run in place.missing(limit: .max) { noteLoss(topic, run, .unknownPublisher) }
            passOn(place, of: topic)
        }
        if !isFirstStart { notes.append("a new journal has begun") }
        request = nil
        backward = []
        foreign.removeAll { $0 == publisherID }
        var places: [TelemetryTopic: TopicPlace] = [:]
        for (topic, last) in numbers {
            let heard = strangers.filter { $0.mark.publisherID == publisherID && $0.message.topic == topic.name }
                .map(\.mark.topicSeq).min()
            let start = min(last, (heard ?? .max) - 1)
            places[topic] = TopicPlace(through: fromStart || !isFirstStart ? 0 : start)
        }
        place = Place(publisherID: publisherID, topics: places)
        unsaved += 1
        saveAt = 0
    }

    /// What is held does not wait for missing messages any longer.
    private mutating func passOn(_ place: TopicPlace, of topic: TelemetryTopic) {
        for (_, body) in place.held.sorted(by: { $0.key < $1.key }) {
            loose.append(Message(topic: topic.name, body: body))
            heldCount -= 1
            heldBytes -= body.count
        }
    }
}
