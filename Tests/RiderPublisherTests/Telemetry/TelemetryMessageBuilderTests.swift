import RiderJournal
import RiderModel
import Testing

@testable import RiderPublisher

@Suite struct TelemetryMessageBuilderTests {
    private func builder(_ maxMessageBytes: Int = 4096) -> TelemetryMessageBuilder {
        TelemetryMessageBuilder(publisherID: "pub \"1\"", maxMessageBytes: maxMessageBytes)
    }

    private func record(_ body: String) -> JournalRecord {
        JournalRecord(
            seq: 42, topicSeq: 7, topic: .voice, recordedAt: UnixTime(milliseconds: 1_763_035_207_125),
            body: Array(body.utf8))
    }

    @Test func numbersTravelBeforeTheClosingBrace() throws {
        let body = try #require(builder().body(of: record(#"{"a":1}"#)))
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"a":1,"_rider":{"pub":"pub \"1\"","seq":42,"tseq":7,"ts":1763035207.125}}"#)
    }

    @Test(arguments: ["", "  ", "[1]", "17", #"{"a":1"#])
    func whatIsNoObjectIsNotSent(body: String) {
        #expect(builder().body(of: record(body)) == nil)
    }

    @Test func largeResultTravelsWithoutItsBinaryFields() throws {
        let audio = String(repeating: "A", count: 8000)
        let body = #"{"task_id":"t","result":{"audio_data":"\#(audio)","sample_rate":16000}}"#
        let message = try #require(builder().body(of: record(body)))
        #expect(message.count <= 4096)
        let value = try JSONValue(parsing: message)
        #expect(value["result"] == ["sample_rate": 16000])
        #expect(value["_rider"]?["elided"] == ["result.audio_data"])
        #expect(value["_rider"]?["seq"] == 42)
        #expect(builder(100_000).body(of: record(body)).map { $0.count > 8000 } == true)
        #expect(builder().legacyBody(of: record(body)).map { $0.count < 100 } == true)
    }

    @Test func resultThatIsStillTooLargeIsNotSent() {
        let numbers = Array(repeating: "1", count: 4000).joined(separator: ",")
        #expect(builder().body(of: record(#"{"result":{"numbers":[\#(numbers)]}}"#)) == nil)
        #expect(builder().legacyBody(of: record(#"{"result":{"numbers":[\#(numbers)]}}"#)) == nil)
    }
}
