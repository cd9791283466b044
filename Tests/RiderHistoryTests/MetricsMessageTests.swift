import RiderModel
import Testing

@testable import RiderHistory

@Suite struct MetricsMessageTests {
    private func round(_ changes: [(name: String, value: Double)]) -> SampleStore.Round {
        SampleStore.Round(run: 3, at: UnixTime(milliseconds: 1_763_035_200_125), changes: changes)
    }

    private func samples(_ body: [UInt8]?) throws -> [String: JSONValue] {
        let body = try JSONValue(parsing: try #require(body))
        return Dictionary(uniqueKeysWithValues: try #require(body["samples"]?.members).map { ($0.key, $0.value) })
    }

    @Test func `a message has the time, the run and what changed`() throws {
        var message = MetricsMessage(maxBytes: 10_000)
        let body = message.body(of: round([("up{link=\"a\"}", 1), ("gone", SampleValue.absent), ("odd", .infinity)]))
        #expect(
            body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"timestamp":1763035200.125,"run":3,"samples":{"up{link=\"a\"}":1.0,"gone":null,"odd":null}}"#)
        #expect(message.body(of: round([])) == nil)
    }

    @Test func `what does not fit comes with the next message, in its latest state`() throws {
        var message = MetricsMessage(maxBytes: 600)
        let body = message.body(of: round((0..<60).map { ("series_\($0)", 1) }))
        let first = try #require(body)
        #expect(first.count <= 600)
        let told = try samples(first)
        #expect(told.count < 60)
        #expect(try JSONValue(parsing: first)["waiting"]?.int == 60 - told.count)
        var all = told
        var rounds = 1
        while let body = message.body(of: round(rounds == 1 ? [("series_59", 2)] : [])) {
            #expect(body.count <= 600)
            let more = try samples(body)
            #expect(all.keys.allSatisfy { more[$0] == nil }, "told twice")
            all.merge(more) { $1 }
            rounds += 1
        }
        #expect(all.count == 60 && all["series_59"] == .number(2))
    }

    @Test func `what did not get through is told again, unless it has changed`() throws {
        var message = MetricsMessage(maxBytes: 10_000)
        _ = message.body(of: round([("a", 1), ("b", 1)]))
        message.tellAgain()
        let told = try samples(message.body(of: round([("b", 2)])))
        #expect(told == ["a": .number(1), "b": .number(2)])
    }
}
