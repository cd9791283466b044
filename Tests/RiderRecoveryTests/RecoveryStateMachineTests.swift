import RiderJournal
import RiderModel
import Testing

@testable import RiderRecovery

@Suite struct RecoveryStateMachineTests {
    private func short(_ answers: [RecoveryAnswer]) -> [String] { answers.map(\.short) }

    // MARK: - History

    @Test func aListenerIsToldWhoseJournalItIsAndHowFarItWasSent() {
        var journal = PretendedJournal()
        journal.take(.hello(listener: "robot", places: [.text: .init(publisherID: "other", number: 7)]))
        #expect(short(journal.takeAnswers()) == ["state 5f1c 100"])
        #expect(journal.reads.isEmpty)
    }

    @Test func missingNumbersComeInOrderInPiecesAndThenTheEnd() throws {
        var journal = PretendedJournal { $0.messagesPerAnswer = 4 }
        journal.take(.text(3...9, 20...21))
        journal.readAll()
        let answers = journal.takeAnswers()
        #expect(short(answers) == ["3…6", "7…9", "20…21", "end"])
        guard case .history(1, _, let bodies) = answers[0] else { return #expect(Bool(false)) }
        let marks = bodies.compactMap { RiderMark(in: $0) }
        #expect(marks.map(\.topicSeq) == [3, 4, 5, 6])
        #expect(marks.allSatisfy { $0.publisherID == "5f1c" && $0.replay?.ageMilliseconds == 60_000 })
        #expect(marks.allSatisfy { $0.replay?.replayedAt == PretendedJournal.now && $0.replay?.run == nil })
    }

    @Test func everyNumberHasItsMessageOrAReason() {
        var journal = PretendedJournal()
        journal.removed = [1, 2, 5, 9, 10]
        journal.superseded = [3, 6, 7]
        journal.tooLarge = [8]
        journal.take(.text(1...12))
        journal.readAll()
        #expect(
            short(journal.takeAnswers()) == [
                "gone 1…2 removed", "gone 3…3 superseded", "4…4", "gone 5…5 removed", "gone 6…7 superseded",
                "gone 8…8 unsendable", "gone 9…10 removed", "11…12", "end",
            ])
        #expect(journal.machine.tally.gone == [.removed: 3, .superseded: 2, .unsendable: 1])
        #expect(journal.machine.tally.messages == [.text: 3])
    }

    @Test func whatWasNotSentYetIsNotGiven() {
        var journal = PretendedJournal()
        journal.take(.text(99...103))
        journal.readAll()
        #expect(short(journal.takeAnswers()) == ["99…100", "gone 101…103 never_sent", "end"])
        journal.take(.get(id: 2, publisherID: "5f1c", ranges: [NumberRange(topic: .voice, numbers: 1...5)]))
        #expect(short(journal.takeAnswers()) == ["gone 1…5 never_sent", "end"])
        #expect(journal.reads.isEmpty)
    }

    @Test func anotherJournalsNumbersAreUnknown() {
        var journal = PretendedJournal()
        journal.take(.text(1...5, publisherID: "old"))
        #expect(short(journal.takeAnswers()) == ["gone 1…5 unknown_publisher", "end"])
        #expect(journal.reads.isEmpty)
    }

    @Test func aNewRequestTakesThePlaceOfTheOpenOne() {
        var journal = PretendedJournal { $0.messagesPerAnswer = 2 }
        journal.take(.text(1...50, id: 1))
        journal.read()
        journal.take(.text(60...61, id: 2))
        journal.readAll()
        let answers = journal.takeAnswers()
        #expect(short(answers) == ["1…2", "60…61", "end"])
        #expect(answers.map(\.id) == [1, 2, 2])
    }

    // MARK: - Limits

    @Test func noMoreIsOnItsWayThanTheListenerHasReadFor() throws {
        var journal = PretendedJournal {
            $0.messagesPerAnswer = 1
            $0.windowBytes = 600
        }
        journal.take(.text(1...10))
        journal.readAll()
        var seen = journal.takeAnswers()
        #expect(seen.count < 5)
        var bytes = 0
        while seen.last?.short != "end" {
            let before = seen.count
            bytes = seen.reduce(0) { $0 + $1.frames.reduce(0) { $0 + $1.count } }
            // Saying more than was sent opens nothing beyond the window.
            journal.take(.credit(id: 1, bytes: Int64(bytes)))
            journal.readAll()
            seen += journal.takeAnswers()
            try #require(seen.count > before)
            #expect(seen.count - before < 5)
        }
        #expect(short(seen).dropLast() == (1...10).map { "\($0)…\($0)" }[...])
    }

    @Test func creditForMoreThanWasSentIsNotBelieved() {
        var journal = PretendedJournal {
            $0.messagesPerAnswer = 1
            $0.windowBytes = 600
        }
        journal.take(.text(1...100))
        journal.readAll()
        let first = journal.takeAnswers().count
        journal.take(.credit(id: 1, bytes: 1 << 40))
        journal.readAll()
        #expect(journal.takeAnswers().count <= first + 1)
        journal.take(.credit(id: 99, bytes: 1 << 40))
        #expect(journal.reads.isEmpty)
    }

    @Test func listenersTakeTurnsSoThatALargeRequestDelaysNobody() {
        var journal = PretendedJournal { $0.messagesPerAnswer = 1 }
        journal.take(.text(1...50), from: "greedy")
        journal.take(.text(7...8), from: "modest")
        for _ in 0..<5 { journal.read() }
        #expect(short(journal.takeAnswers("modest")) == ["7…7", "8…8"])
        #expect(journal.reads.count == 1, "one read at a time")
    }

    @Test func thereAreOnlySoManyListenersAndSilentOnesMakeRoom() {
        var journal = PretendedJournal {
            $0.maxListeners = 2
            $0.idle = 1_000
        }
        for name in ["a", "b", "c"] { journal.take(.hello(listener: name, places: [:]), from: name) }
        #expect(short(journal.takeAnswers("c")) == ["refused too_many_listeners"])
        journal.clock = 900
        journal.take(.hello(listener: "a", places: [:]), from: "a")
        #expect(journal.machine.deadline == 1_000)
        journal.clock = 1_000
        journal.lookAround()
        #expect(journal.machine.listeners == 1)
        journal.take(.hello(listener: "c", places: [:]), from: "c")
        #expect(short(journal.takeAnswers("c")) == ["state 5f1c 100"])
    }

    @Test func aListenerThatTakesNothingLosesItsRequestOnly() {
        var journal = PretendedJournal { $0.messagesPerAnswer = 1 }
        journal.take(.text(1...50))
        journal.machine.sendFailed(to: Array("a".utf8), isGone: false)
        journal.readAll()
        #expect(journal.takeAnswers().isEmpty)
        journal.take(.text(1...1, id: 2))
        journal.readAll()
        #expect(short(journal.takeAnswers()) == ["1…1", "end"])
        journal.machine.sendFailed(to: Array("a".utf8), isGone: true)
        #expect(journal.machine.listeners == 0)
    }

    // MARK: - Bad requests

    @Test(arguments: [
        ("", "bad_frame"), ("[]", "bad_frame"), ("{", "bad_frame"), ("{}", "bad_version"),
        (#"{"v":2,"type":"hello"}"#, "bad_version"), (#"{"v":1,"type":"give"}"#, "bad_request"),
        (#"{"v":1,"type":"get","pub":"5f1c","ranges":[]}"#, "bad_request"),
        (#"{"v":1,"type":"get","id":1,"ranges":[{"topic":"telemetry.text","first":1,"last":2}]}"#, "bad_request"),
        (#"{"v":1,"type":"get","id":1,"pub":"5f1c","ranges":[]}"#, "bad_range"),
        (
            #"{"v":1,"type":"get","id":1,"pub":"5f1c","ranges":[{"topic":"vision.obstacle.enhanced","first":1,"last":2}]}"#,
            "bad_range"
        ),
        (#"{"v":1,"type":"ack","pub":"5f1c","ranges":[{"topic":"telemetry.text","first":0,"last":2}]}"#, "bad_range"),
        (#"{"v":1,"type":"ack","pub":"5f1c","ranges":[{"topic":"telemetry.text","first":3,"last":2}]}"#, "bad_range"),
        (
            #"{"v":1,"type":"ack","pub":"5f1c","ranges":[{"topic":"telemetry.text","first":1,"last":1e300}]}"#,
            "bad_range"
        ),
        (#"{"v":1,"type":"hello","topics":[]}"#, "bad_request"),
        (#"{"v":1,"type":"hello","topics":{"telemetry.text":{"pub":1,"tseq":1}}}"#, "bad_request"),
        (#"{"v":1,"type":"credit","id":1,"bytes":-1}"#, "bad_request"),
    ])
    func badRequestsAreAnsweredWithTheReasonAndCounted(request: String, reason: String) {
        var journal = PretendedJournal()
        journal.take(frames: [Array(request.utf8)])
        #expect(short(journal.takeAnswers()) == ["refused \(reason)"])
        #expect(journal.machine.tally.refused.values.reduce(0, +) == 1)
        #expect(journal.machine.tally.requests.isEmpty)
    }

    @Test func moreFramesOrRangesThanAllowedAreRefused() {
        var journal = PretendedJournal()
        journal.take(frames: [[], ListenerRequest.text(1...2).encoded])
        let ranges = (1...65).map { NumberRange(topic: .text, numbers: Int64($0)...Int64($0)) }
        journal.take(.get(id: 3, publisherID: "5f1c", ranges: ranges))
        let answers = journal.takeAnswers()
        #expect(short(answers) == ["refused bad_frame", "refused too_many_ranges"])
        #expect(answers.last?.id == 3)
    }

    @Test func hugeNumbersBreakNothing() {
        var journal = PretendedJournal()
        for _ in 0..<10 {
            journal.take(.text(1...(.max - 1)))
            journal.take(.have(1...(.max - 1), 101...(.max - 1)))
        }
        journal.readAll()
        #expect(short(journal.takeAnswers()).contains("gone 101…9223372036854775806 never_sent"))
        #expect(journal.acknowledged.allSatisfy { $0.upperBound <= 100 })
    }

    @Test func aJournalThatCannotBeReadIsToldAndAskedAgainLater() {
        var journal = PretendedJournal()
        journal.isBroken = true
        journal.take(.text(1...2))
        journal.readAll()
        journal.take(.have(1...2))
        journal.readAll()
        #expect(short(journal.takeAnswers()) == ["refused unavailable", "refused unavailable"])
        journal.isBroken = false
        journal.take(.text(1...2, id: 2))
        journal.readAll()
        #expect(short(journal.takeAnswers()) == ["1…2", "end"])
    }

    // MARK: - Acknowledgements

    @Test func acknowledgedRowsAreTakenDownAndAnswered() {
        var journal = PretendedJournal()
        journal.removed = [3]
        journal.superseded = [4]
        journal.take(.have(1...5, 9...10))
        journal.readAll()
        journal.clock += 1_000_000_000
        journal.lookAround()
        journal.readAll()
        #expect(journal.acknowledged.flatMap(Array.init) == [1, 2, 5, 9, 10])
        #expect(short(journal.takeAnswers()) == ["acked 1…5", "acked 9…10"])
        #expect(journal.machine.tally.acknowledgedRows == 5)
    }

    @Test func nothingIsAcknowledgedThatWasNeverSent() {
        var journal = PretendedJournal()
        journal.take(.have(99...120))
        journal.readAll()
        #expect(journal.acknowledged.flatMap(Array.init) == [99, 100])
        #expect(short(journal.takeAnswers()) == ["acked 99…100"])
        journal.take(.have(101...120))
        #expect(journal.reads.isEmpty)
        #expect(journal.takeAnswers().isEmpty)
        #expect(journal.machine.tally.acknowledgements == [.taken: 1, .beyond: 1])
    }

    @Test func acknowledgementsForAnotherJournalChangeNothing() {
        var journal = PretendedJournal()
        journal.take(.have(1...5, publisherID: "old"))
        #expect(short(journal.takeAnswers()) == ["state 5f1c 100"])
        #expect(journal.reads.isEmpty && journal.acknowledged.isEmpty)
        #expect(journal.machine.tally.acknowledgements == [.unknownPublisher: 1])
    }

    @Test func acknowledgementsGoToTheJournalAtAPace() throws {
        var journal = PretendedJournal { $0.acknowledgedRunsPerSecond = 10 }
        journal.take(.have(1...5))
        journal.readAll()
        journal.take(.have(6...8))
        #expect(journal.reads.isEmpty)
        let deadline = try #require(journal.machine.deadline)
        #expect(deadline == 500_000_000)
        // Another listener's history does not wait for it.
        journal.take(.text(1...2), from: "b")
        journal.readAll()
        #expect(short(journal.takeAnswers("b")) == ["1…2", "end"])
        journal.clock = deadline
        journal.lookAround()
        journal.readAll()
        #expect(journal.acknowledged.flatMap(Array.init) == Array(1...8))
    }

    @Test func aRepeatedAcknowledgementReplacesTheOneBeforeIt() {
        var journal = PretendedJournal { $0.acknowledgedRunsPerSecond = 1 }
        journal.take(.have(1...1))
        journal.readAll()
        journal.take(.have(1...2))
        journal.take(.have(1...3))
        journal.clock = 10_000_000_000
        journal.lookAround()
        journal.readAll()
        #expect(short(journal.takeAnswers()) == ["acked 1…1", "acked 1…3"])
    }
}
