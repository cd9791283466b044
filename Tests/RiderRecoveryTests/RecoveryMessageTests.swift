import RiderModel
import Testing

@testable import RiderRecovery

@Suite struct RecoveryMessageTests {
    private let range = NumberRange(topic: .text, numbers: 42...57)

    @Test func requestsReadBack() throws {
        let requests: [ListenerRequest] = [
            .hello(listener: "robot \"1\"", places: [.text: .init(publisherID: "5f1c", number: 41)]),
            .hello(listener: "", places: [:]),
            .get(id: 7, publisherID: "5f1c", ranges: [range, NumberRange(topic: .voice, numbers: 1...1)]),
            .credit(id: 7, bytes: 262_144),
            .acknowledge(publisherID: "5f1c", ranges: [range]),
        ]
        for request in requests { #expect(try ListenerRequest(frames: [request.encoded]) == request) }
        #expect(
            String(decoding: requests[3].encoded, as: UTF8.self)
                == #"{"v":1,"type":"credit","id":7,"bytes":262144}"#)
    }

    @Test func answersReadBack() {
        let answers: [RecoveryAnswer] = [
            .state(publisherID: "5f1c", numbers: [.text: 57, .voice: 0], windowBytes: 1_048_576),
            .history(id: 7, range: range, bodies: [[1, 2], [3]]),
            .gone(id: 7, range: range, .unknownPublisher), .end(id: 7),
            .acknowledged(publisherID: "5f1c", ranges: [range]), .acknowledged(publisherID: "5f1c", ranges: []),
            .refused(RecoveryRefusal(.badRange, "why", id: 7)), .refused(RecoveryRefusal(.badFrame, "why")),
        ]
        for answer in answers { #expect(RecoveryAnswer(frames: answer.frames) == answer) }
        #expect(
            answers[2].frames.map { String(decoding: $0, as: UTF8.self) } == [
                #"{"v":1,"type":"gone","id":7,"topic":"telemetry.text","first":42,"last":57,"reason":"unknown_publisher"}"#
            ])
    }

    @Test func whatAListenerDoesNotKnowIsPassedOver() throws {
        let hello = #"{"v":1,"type":"hello","new":[1],"topics":{"telemetry.later":{"pub":"5f1c","tseq":3}}}"#
        #expect(try ListenerRequest(frames: [Array(hello.utf8)]) == .hello(listener: "", places: [:]))
        #expect(RecoveryAnswer(frames: [Array(#"{"v":1,"type":"news"}"#.utf8)]) == nil)
        #expect(RecoveryAnswer(frames: [Array(#"{"v":9,"type":"end","id":1}"#.utf8)]) == nil)
        #expect(RecoveryAnswer(frames: []) == nil)
    }
}
