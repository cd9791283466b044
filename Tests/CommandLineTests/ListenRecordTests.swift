import RiderBus
import RiderConfiguration
import RiderModel
import Testing

@testable import rider

@Suite struct ListenRecordTests {
    private func body(_ number: Int64, replay: Bool = false) -> [UInt8] {
        RiderMark(
            publisherID: "p", seq: number, topicSeq: number, recordedAt: UnixTime(milliseconds: 0),
            replay: replay ? .init(replayedAt: UnixTime(milliseconds: 1), ageMilliseconds: 1) : nil
        ).spliced(into: Array("{}".utf8))
    }

    @Test func messagesAreCountedPerTopicAndReplaysApart() {
        var record = ListenRecord()
        _ = record.take(topic: "telemetry.text", body: body(1))
        _ = record.take(topic: "telemetry.text", body: body(1, replay: true))
        _ = record.take(topic: "other", body: Array("no json".utf8))
        #expect(record.messages == 3)
        #expect(record.byTopic["telemetry.text"]?.messages == 2)
        #expect(record.byTopic["other"]?.bytes == 7)
        #expect(record.replayed == 1)
        #expect(record.repeated == 1)
    }

    @Test func whatIsMissingIsNamedInTheSummary() {
        var record = ListenRecord()
        for number in [1, 4] as [Int64] { _ = record.take(topic: "telemetry.text", body: body(number)) }
        #expect(record.text.contains("telemetry.text of p lacks 2: 2…3"))
        #expect(record.json["summary"]?["missing"]?.array?.first?["count"]?.int == 2)
    }

    @Test func aLinkThatNeverCameUpIsNoLoss() {
        var record = ListenRecord()
        record.noteLink(isUp: false)
        #expect(record.linkLosses == 0)
        #expect(record.text.contains("the link was never up"))
        record.noteLink(isUp: true)
        #expect(!record.text.contains("the link was never up"))
        record.noteLink(isUp: false)
        #expect(record.linkLosses == 1)
    }

    @Test func aListenerTakesNoMoreThanItsLimit() {
        let listener = Listener(limit: 2, show: nil)
        for number in 1...3 as ClosedRange<Int64> { listener.take([Array("t".utf8), body(number)]) }
        #expect(listener.record.messages == 2)
    }

    @Test(
        arguments: [
            ([:], "tcp://127.0.0.1:5557"), (["RIDER_PI_HOST": "robot"], "tcp://robot:5556"),
            (["TELEMETRY_ZMQ_HOST": "0.0.0.0", "TELEMETRY_ZMQ_PORT": "6000"], "tcp://127.0.0.1:6000"),
            (["TELEMETRY_ZMQ_HOST": "10.0.0.9"], nil),
        ] as [([String: String], String?)])
    func withoutAnEndpointTheNearestBusIsChosen(environment: [String: String], endpoint: String?) throws {
        let settings = try ConfigurationLoader(environment: environment).load().settings
        #expect((try? ListenCommand.standardEndpoint(settings).description) == endpoint)
    }
}
