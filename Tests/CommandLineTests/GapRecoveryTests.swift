import Foundation
import RiderModel
import RiderRecovery
import TestSupport
import Testing

@testable import rider

/// A listener's state machine with a bus that loses messages and a worker that has them all.
private struct PretendedBus {
    var recovery: GapRecovery
    var publisherID: String
    var removed: ClosedRange<Int64>?
    var clock: UInt64 = 1_000_000_000
    var last: [TelemetryTopic: Int64] = [:]
    var handedOut: [GapRecovery.Message] = []
    var notes: [String] = []
    var acknowledged: [NumberRange] = []
    var asked: [NumberRange] = []
    /// The worker takes requests but does not answer.
    var isAway = false

    init(
        _ publisherID: String = "p1", place: GapRecovery.Place? = nil, fromStart: Bool = false,
        limits: GapRecovery.Limits = GapRecovery.Limits()
    ) {
        self.publisherID = publisherID
        recovery = GapRecovery(topics: ["telemetry."], place: place, fromStart: fromStart, limits: limits)
    }

    static func body(_ publisherID: String, _ number: Int64, replay: Bool = false) -> [UInt8] {
        RiderMark(
            publisherID: publisherID, seq: number, topicSeq: number, recordedAt: UnixTime(milliseconds: 1_000),
            replay: replay ? .init(replayedAt: UnixTime(milliseconds: 2_000), ageMilliseconds: 1_000) : nil
        ).spliced(into: Array("{}".utf8))
    }

    /// The worker publishes numbers; the bus brings some of them.
    mutating func publish(
        _ numbers: ClosedRange<Int64>, topic: TelemetryTopic = .text, losing isLost: (Int64) -> Bool = { _ in false }
    ) {
        for number in numbers {
            last[topic] = max(last[topic] ?? 0, number)
            if isLost(number) { continue }
            hear(Self.body(publisherID, number), topic.name)
        }
    }

    mutating func hear(_ body: [UInt8], _ topic: String = "telemetry.text") {
        recovery.hear(topic: topic, body: body, at: clock)
        turn()
    }

    /// Lets time go by, turn by turn.
    mutating func wait(seconds: Int = 3) {
        for _ in 0..<(seconds * 20) {
            clock += 50_000_000
            turn()
        }
    }

    mutating func turn() {
        recovery.lookAround(at: clock)
        while let message = recovery.next() { handedOut.append(message) }
        notes += recovery.takeNotes()
        if recovery.isSaveDue(at: clock) { recovery.saved(at: clock) }
        for request in recovery.takeRequests() where !isAway { answer(request) }
    }

    mutating func take(_ answer: RecoveryAnswer) {
        recovery.take(answer, bytes: 100, at: clock)
        while let message = recovery.next() { handedOut.append(message) }
        notes += recovery.takeNotes()
    }

    private mutating func answer(_ request: ListenerRequest) {
        switch request {
        case .hello:
            take(.state(publisherID: publisherID, numbers: TelemetryTopic.all(last), windowBytes: 1_000))
        case .get(let id, let whose, let ranges):
            asked += ranges
            for range in ranges {
                guard whose == publisherID else {
                    take(.gone(id: id, range: range, .unknownPublisher))
                    continue
                }
                let numbers = range.numbers.clamped(to: 1...max(1, last[range.topic] ?? 0))
                let gone = removed.flatMap { $0.overlaps(numbers) ? $0.clamped(to: numbers) : nil }
                if let gone { take(.gone(id: id, range: NumberRange(topic: range.topic, numbers: gone), .removed)) }
                for number in numbers where gone?.contains(number) != true {
                    take(
                        .history(
                            id: id, range: NumberRange(topic: range.topic, numbers: number...number),
                            bodies: [Self.body(publisherID, number, replay: true)]))
                }
            }
            take(.end(id: id))
        case .acknowledge(let whose, let ranges):
            guard whose == publisherID else { return }
            acknowledged += ranges
            take(.acknowledged(publisherID: publisherID, ranges: ranges))
        case .credit: break
        }
    }

    func numbers(of publisherID: String = "p1", topic: TelemetryTopic = .text) -> [Int64] {
        handedOut.filter { $0.topic == topic.name }.compactMap { RiderMark(in: $0.body) }
            .filter { $0.publisherID == publisherID }.map(\.topicSeq)
    }
}

extension TelemetryTopic {
    fileprivate static func all(_ last: [TelemetryTopic: Int64]) -> [TelemetryTopic: Int64] {
        Dictionary(uniqueKeysWithValues: allCases.map { ($0, last[$0] ?? 0) })
    }
}

@Suite struct GapRecoveryTests {
    @Test func whatTheBusLostComesFromTheWorkerInOrder() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...100) { (40...60).contains($0) || $0 == 80 }
        #expect(bus.numbers() == Array(1...39), "what came later waits")
        bus.wait()
        #expect(bus.numbers() == Array(1...100))
        let replayed = bus.handedOut.compactMap { RiderMark(in: $0.body) }.filter { $0.replay != nil }
        #expect(replayed.map(\.topicSeq) == Array(40...60) + [80])
        #expect(bus.asked.map(\.numbers) == [40...60, 80...80])
    }

    @Test func whatWasLostAtTheEndIsFoundWithoutAnythingBehindIt() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...10) { $0 > 5 }
        bus.wait()
        #expect(bus.numbers() == Array(1...10))
    }

    @Test func aShortGapIsNotAskedForBecauseItMayFillByItself() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...1)
        bus.publish(3...3)
        bus.clock += 50_000_000
        bus.publish(2...2)
        bus.wait()
        #expect(bus.numbers() == [1, 2, 3])
        #expect(bus.asked.isEmpty)
    }

    @Test func theFirstStartTakesWhatComesFromThenOn() {
        var bus = PretendedBus()
        bus.last = [.text: 500]
        bus.publish(501...501)
        #expect(bus.numbers() == [501])
        bus.wait()
        #expect(bus.asked.isEmpty)
        // Heard before the worker was asked, and so counted from.
        var early = PretendedBus()
        early.isAway = true
        early.publish(496...500) { $0 == 498 }
        early.isAway = false
        early.wait()
        #expect(early.numbers() == Array(496...500))
    }

    @Test func theFirstStartCanAskForEverything() {
        var bus = PretendedBus(fromStart: true)
        bus.last = [.text: 50, .voice: 3]
        bus.wait()
        #expect(bus.numbers() == Array(1...50))
        #expect(bus.numbers(topic: .voice) == [1, 2, 3])
    }

    @Test func aRestartedListenerGoesOnWhereItWas() throws {
        var first = PretendedBus()
        first.wait()
        first.publish(1...10)
        first.wait()
        let place = try #require(first.recovery.place)
        var second = PretendedBus(place: place)
        second.last = [.text: 25]
        second.wait()
        second.publish(26...26)
        #expect(second.numbers() == Array(11...26))
    }

    @Test func aMessageThatComesTwiceIsHandedOutOnce() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...5)
        bus.publish(3...5)
        bus.hear(PretendedBus.body("p1", 2, replay: true))
        #expect(bus.numbers() == Array(1...5))
        #expect(bus.recovery.repeated == 4)
    }

    @Test func onlyWhatWasHandedOutAndSavedIsAcknowledged() {
        var bus = PretendedBus()
        bus.removed = 5...7
        bus.wait()
        bus.publish(1...20) { (5...9).contains($0) }
        let before = bus.acknowledged
        #expect(!before.contains { $0.numbers.upperBound > 4 })
        bus.wait()
        #expect(bus.numbers() == Array(1...4) + Array(8...20))
        let acknowledged = Set(bus.acknowledged.flatMap { Array($0.numbers) })
        #expect(acknowledged == Set(bus.numbers()))
        #expect(!bus.recovery.hasRuns)
        #expect(bus.recovery.gone == 3)
        #expect(bus.notes == ["telemetry.text 5…7 will not come: removed"])
    }

    @Test func anUnansweredAcknowledgementIsSaidAgainGrown() {
        var bus = PretendedBus()
        bus.wait()
        bus.isAway = true
        bus.publish(1...10)
        bus.wait()
        #expect(bus.recovery.hasRuns)
        bus.publish(11...12)
        bus.isAway = false
        bus.wait()
        #expect(bus.acknowledged.last?.numbers == 1...12)
    }

    @Test func whileTheWorkerIsAwayLittleIsHeldAndTheRestIsAskedForLater() {
        var limits = GapRecovery.Limits()
        limits.heldMessages = 10
        var bus = PretendedBus(limits: limits)
        bus.wait()
        bus.isAway = true
        bus.publish(1...1_000) { $0 == 2 }
        bus.wait(seconds: 10)
        #expect(bus.numbers() == [1])
        bus.isAway = false
        bus.wait(seconds: 10)
        #expect(bus.numbers() == Array(1...1_000))
    }

    @Test func aNewJournalIsTakenFromItsBeginningAndTheLossOfTheOldOneIsTold() {
        var bus = PretendedBus()
        bus.wait()
        bus.isAway = true
        bus.publish(1...10) { $0 == 8 || $0 == 9 }
        bus.publisherID = "p2"
        bus.last = [:]
        bus.publish(1...5) { $0 < 3 }
        bus.isAway = false
        bus.wait()
        #expect(bus.numbers(of: "p1") == Array(1...7) + [10])
        #expect(bus.numbers(of: "p2") == Array(1...5))
        #expect(bus.notes == ["telemetry.text 8…9 will not come: unknown_publisher", "a new journal has begun"])
        #expect(bus.recovery.place?.publisherID == "p2")
    }

    @Test func messagesOfAPublisherThatIsNotTheWorkersPassThrough() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...2)
        for number in [7, 9, 8] as [Int64] { bus.hear(PretendedBus.body("other", number)) }
        bus.wait()
        bus.hear(PretendedBus.body("other", 3))
        bus.hear(Array(#"{"no":"mark"}"#.utf8))
        bus.hear(PretendedBus.body("p1", 5), "some.other.topic")
        #expect(bus.numbers(of: "other") == [7, 9, 8, 3])
        #expect(bus.numbers() == [1, 2])
        #expect(bus.handedOut.count == 8)
        #expect(bus.notes.count == 1)
    }

    @Test func withoutAWorkerMessagesAreHandedOutAfterAWhile() {
        var bus = PretendedBus()
        bus.isAway = true
        bus.publish(1...3)
        #expect(bus.handedOut.isEmpty)
        bus.wait(seconds: 6)
        #expect(bus.numbers() == [1, 2, 3])
    }

    @Test func numbersThatGoBackAreFollowedWhenTheWorkerSaysSoTwice() {
        var bus = PretendedBus()
        bus.wait()
        bus.publish(1...20)
        bus.last = [.text: 10]
        bus.clock += 1_000_000_000
        bus.turn()
        #expect(bus.notes.isEmpty, "once may be a race")
        bus.wait()
        bus.publish(11...13)
        #expect(bus.numbers() == Array(1...20) + [11, 12, 13])
        #expect(bus.notes.count == 1)
    }

    @Test(arguments: 0..<20)
    func whateverIsLostEveryNumberComesOnceAndInOrder(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var limits = GapRecovery.Limits()
        limits.heldMessages = 50
        limits.saveMessages = 30
        var bus = PretendedBus(fromStart: true, limits: limits)
        var next: Int64 = 1
        var handedOut: [Int64] = []
        for _ in 0..<60 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bus.isAway.toggle()
            case 1: bus.wait(seconds: Int.random(in: 1...5, using: &random))
            case 2:
                // A restart in good order.
                if let place = bus.recovery.place {
                    handedOut += bus.numbers()
                    let (last, clock) = (bus.last, bus.clock)
                    bus = PretendedBus(
                        place: .init(
                            publisherID: "p1",
                            topics: place.topics.mapValues { TopicPlace(through: $0.through, runs: $0.runs) }),
                        limits: limits)
                    (bus.last, bus.clock) = (last, clock)
                }
            default:
                let count = Int64.random(in: 1...80, using: &random)
                let loss = Int.random(in: 0...3, using: &random)
                bus.publish(next...(next + count - 1)) { _ in Int.random(in: 0..<4, using: &random) < loss }
                next += count
            }
        }
        bus.isAway = false
        bus.wait(seconds: 20)
        handedOut += bus.numbers()
        // Messages that nobody explained for five seconds were handed out before the worker was first heard.
        #expect(handedOut.suffix(Int(next - 1)) == Array(1..<next)[...])
        #expect(!bus.recovery.hasRuns)
    }
}

@Suite struct PlaceFileTests {
    private let path = FileManager.default.temporaryDirectory.path + "/rider-place-\(UUID().uuidString)"

    @Test func aPlaceReadsBackAndTheFileDoesNotGrow() throws {
        let file = PlaceFile(path: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try file.load() == nil)
        let place = GapRecovery.Place(
            publisherID: "5f1c", topics: [.text: TopicPlace(through: 57, runs: [3...4, 42...57])])
        for _ in 0..<100 { try file.save(place) }
        #expect(try file.load() == place)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text == #"{"version":1,"pub":"5f1c","topics":{"telemetry.text":{"through":57,"runs":[[3,4],[42,57]]}}}"#)
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }

    @Test(arguments: ["", "{}", "[1]", #"{"version":2,"pub":"a","topics":{}}"#])
    func aFileOfAnotherKindIsNotOverwritten(text: String) throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: CommandFailure.self) { try PlaceFile(path: path).load() }
    }
}
