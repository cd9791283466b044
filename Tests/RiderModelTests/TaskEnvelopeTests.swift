import RiderModel
import Testing

struct TaskEnvelopeTests {
    private func parse(_ text: String) throws -> TaskEnvelope { try TaskEnvelope(parsing: Array(text.utf8)) }

    private func withMember(_ member: String) -> String {
        #"{"task_id":"t","task_type":"text.nlu","payload":{"text":"x"},"# + member + "}"
    }

    @Test func aBuiltEnvelopeReadsBackWithItsPayloadUntouched() throws {
        let payload = Array(#"{ "text" : "za\u017c", "n":1.50 }"#.utf8)
        let built = try TaskEnvelope(
            id: "t-1 ź\"", type: .voiceTTS, payload: payload, meta: Array(#"{"source_topic":"x"}"#.utf8),
            priority: try #require(Priority(rawValue: 10)), expiresIn: .milliseconds(500))
        let read = try TaskEnvelope(parsing: built.bytes)
        #expect(read == built)
        #expect(Array(read.payload) == payload)
        #expect(read.meta.map { String(decoding: $0, as: UTF8.self) } == #"{"source_topic":"x"}"#)
        #expect(read.expiresIn == .milliseconds(500))
        #expect(read.priority.rawValue == 10)
    }

    @Test(arguments: ["[1]", "1", "{", "{}x", ""])
    func aPayloadThatIsNoObjectIsRefusedWhenBuilding(payload: String) {
        #expect(throws: EnvelopeError.self) {
            try TaskEnvelope(id: "t", type: .textNLU, payload: Array(payload.utf8))
        }
    }

    @Test func aPayloadCannotSmuggleMembersIn() {
        // Raw text that closes the payload early leaves duplicate or stray members, or no JSON at all.
        #expect(throws: EnvelopeError.self) {
            try TaskEnvelope(id: "t", type: .textNLU, payload: Array(#"{}},"x":{"#.utf8))
        }
    }

    @Test(arguments: [("5.0", 5), ("1e1", 10), ("1", 1), ("10", 10), ("null", 5)])
    func wholeLevelsCountHoweverTheyAreWritten(text: String, level: Int) throws {
        #expect(try parse(withMember("\"priority\":\(text)")).priority.rawValue == level)
    }

    @Test(arguments: ["0", "-1", "11", "5.5", "true", "\"5\"", "[5]", "{}", "1e9", "-0"])
    func otherLevelsAreRefused(text: String) {
        let error = #expect(throws: EnvelopeError.self) { try parse(withMember("\"priority\":\(text)")) }
        #expect(error?.code == "invalid_priority")
    }

    @Test(arguments: [("null", nil), ("1", 1), ("9223372036854775807", .max)] as [(String, Int64?)])
    func aTimeToStartIsRead(text: String, milliseconds: Int64?) throws {
        let envelope = try parse(withMember("\"expires_in_ms\":\(text)"))
        #expect(envelope.expiresIn == milliseconds.map { .milliseconds($0) })
        // However long it is, a deadline can be reckoned with it.
        if let span = envelope.expiresIn {
            #expect(UnixTime(milliseconds: 1_763_035_200_000) + span > .init(milliseconds: 0))
        }
    }

    @Test(arguments: ["0", "-5", "1.5", "\"500\"", "true", "99999999999999999999"])
    func anImpossibleTimeToStartIsRefused(text: String) {
        #expect(throws: EnvelopeError.wrongType(field: "expires_in_ms", expected: "a positive whole number")) {
            try parse(withMember("\"expires_in_ms\":\(text)"))
        }
    }

    @Test(arguments: [#"a\u0000b"#, #"a\nb"#, #"\u001b[2J"#, #"a\u007f"#, #"\u0085"#, #"\u2028"#, #"\u2029"#])
    func anIDThatBreaksLinesIsRefused(id: String) {
        let error = #expect(throws: EnvelopeError.self) {
            try parse("{\"task_id\":\"\(id)\",\"task_type\":\"text.nlu\",\"payload\":{}}")
        }
        #expect(error?.code == "invalid_task_id")
    }

    @Test func idsAreMeasuredInBytes() throws {
        let longest = String(repeating: "ź", count: TaskEnvelope.maximumIDBytes / 2)
        #expect(try TaskEnvelope(id: longest, type: .textNLU, payload: Array("{}".utf8)).id == longest)
        #expect(throws: EnvelopeError.self) {
            try TaskEnvelope(id: longest + "x", type: .textNLU, payload: Array("{}".utf8))
        }
    }
}
