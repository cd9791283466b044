import Foundation
import RiderModel
import Testing

struct BusMessageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let isAccepted: Bool
        let frames: [[UInt8]]
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        let entries = (try? Fixture.value(of: "bad/framing.json"))?["cases"]?.array ?? []
        return entries.compactMap { entry in
            guard let name = entry["name"]?.string, let ok = entry["ok"]?.bool, let frames = entry["frames"]?.array
            else { return nil }
            return Case(
                name: name, isAccepted: ok,
                frames: frames.compactMap { $0.string.flatMap { Data(base64Encoded: $0) }.map(Array.init) })
        }
    }()

    static let codes = [
        "one-frame-json-only": "bad_framing", "one-frame-topic-only": "bad_framing", "three-frames": "bad_framing",
        "empty-topic": "invalid_topic", "empty-payload": "empty_payload", "topic-not-utf8": "invalid_topic",
        "prefix-neighbour": "unknown_topic", "topic-with-space": "invalid_topic", "subscription-byte": "bad_framing",
    ]

    @Test(arguments: cases)
    func theContractsFramingCasesAreJudgedAsItSays(_ framing: Case) throws {
        let topics: Set = ["voice.tts.request", "vision.state"]
        if framing.isAccepted {
            let message = try BusMessage(frames: framing.frames, topics: topics)
            #expect(topics.contains(message.topic))
            #expect(message.body.first == UInt8(ascii: "{"))
        } else {
            let refusal = #expect(throws: BusRefusal.self) {
                try BusMessage(frames: framing.frames, topics: topics)
            }
            let code = try #require(Self.codes[framing.name], "no rule for \(framing.name)")
            #expect(refusal?.code == code)
        }
    }

    @Test func thereAreFramingCases() {
        #expect(Self.cases.count >= 11)
    }

    @Test func noFrameAtAllIsRefused() {
        #expect(throws: BusRefusal(.frameCount(0))) { try BusMessage(frames: []) }
    }

    @Test func aJSONObjectWithSpacesIsNotTakenForATopic() {
        #expect(throws: BusRefusal(.invalidTopic)) { try BusMessage(frames: [Array(#"{"text": "hej"}"#.utf8)]) }
    }

    @Test func aVeryLongTopicIsRefusedWithoutLookingForItsEnd() {
        let frame = [UInt8](repeating: UInt8(ascii: "a"), count: 100_000) + Array(" {\"a\":1}".utf8)
        #expect(throws: BusRefusal(.frameCount(1))) { try BusMessage(frames: [frame]) }
        #expect(throws: BusRefusal(.invalidTopic)) { try BusMessage(frames: [frame, Array("{\"a\":1}".utf8)]) }
    }

    @Test func aRefusalKeepsTheTopicAndTheBodyForInspection() throws {
        let refusal = #expect(throws: BusRefusal.self) {
            try BusMessage(frames: [Array("voice.tts.request".utf8), Array("{nonsense".utf8)])
        }
        #expect(refusal?.topic == "voice.tts.request")
        #expect(refusal?.body.map(Array.init) == Array("{nonsense".utf8))
    }
}
