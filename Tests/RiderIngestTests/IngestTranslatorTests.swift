import RiderModel
import RiderQueue
import Testing

@testable import RiderIngest

struct IngestTranslatorTests {
    private static func translator(_ change: (inout IngestConfiguration) -> Void = { _ in }) -> IngestTranslator {
        var configuration = IngestConfiguration()
        change(&configuration)
        return IngestTranslator(configuration: configuration, instance: "run")
    }

    private func task(_ decision: IngestDecision) throws -> NewTask {
        guard case .task(let task) = decision else {
            throw Unexpected(decision: String(describing: decision).prefix(300).description)
        }
        return task
    }

    private struct Unexpected: Error { let decision: String }

    private func refusal(_ decision: IngestDecision) -> IngestRefusal? {
        if case .refused(let refusal) = decision { refusal } else { nil }
    }

    private func payload(_ task: NewTask) throws -> JSONValue { try JSONValue(parsing: task.envelope.payload) }

    private func meta(_ task: NewTask) throws -> JSONValue {
        try JSONValue(parsing: #require(task.envelope.meta))
    }

    private func frame(_ body: JSONValue) throws -> IngestDecision {
        var translator = Self.translator()
        return translator.translate(try Samples.message("vision.frame.offload", body))
    }

    private func speech(_ body: JSONValue) throws -> IngestDecision {
        var translator = Self.translator()
        return translator.translate(try Samples.message("voice.tts.request", body))
    }

    // MARK: - Samples of the contract

    @Test(arguments: Samples.files(valid: true))
    func everyCorrectMessageOfTheRobotIsUnderstood(file: String) throws {
        var translator = Self.translator()
        let decision = translator.translate(try Samples.message(file))
        switch (IngestTopic(rawValue: try Samples.topic(of: file)), decision) {
        case (.frame?, .task(let task)):
            #expect(task.envelope.type == .visionFrame)
            #expect(!task.durable)
            #expect(task.newestWins == 5)
            #expect(task.envelope.priority.rawValue == 1)
            #expect(task.envelope.expiresIn == .milliseconds(500))
            let sent = try Samples.value(file)
            #expect(try payload(task)["frame_data"] == sent["frame_jpeg"] ?? sent["frame_data"])
            #expect(try meta(task)["source_topic"] == "vision.frame.offload")
        case (.speech?, .task(let task)):
            #expect(task.envelope.type == .voiceTTS)
            #expect(task.durable)
            #expect(task.newestWins == nil)
            #expect(task.envelope.priority.rawValue == 6)
            #expect(task.envelope.expiresIn == nil)
            #expect(try payload(task)["text"] == Samples.value(file)["text"])
        case (.voiceChunk?, .voiceChunk(let chunk)): #expect(!chunk.samples.isEmpty)
        case (.visionState?, .mode(let state)): #expect(state.domain == .vision)
        case (.voiceState?, .mode(let state)): #expect(state.domain == .voice && !state.wantsResults)
        case (.textState?, .mode(let state)): #expect(state.domain == .text)
        case (.aiMode?, .aiMode(let mode)): #expect(mode == .pcOffload)
        case (let topic, _): Issue.record("no rule for \(String(describing: topic)) in \(file)")
        }
    }

    /// nil where the contract asks for the message to be taken.
    private static let badOnes: [String: String?] = [
        "bad/topic.vision.frame.offload.missing-frame.json": "missing_field",
        "bad/topic.vision.frame.offload.frame-number.json": "wrong_type",
        "bad/topic.vision.frame.offload.invalid-base64.json": "invalid_base64",
        "bad/topic.vision.frame.offload.base64-with-newlines.json": "invalid_base64",
        "bad/topic.vision.frame.offload.ts-string.json": nil,
        "bad/topic.vision.frame.offload.size-lies.json": nil,
        "bad/topic.voice.asr.request.len-mismatch.json": nil,
        "bad/topic.voice.asr.request.rate-string.json": "wrong_type",
        "bad/topic.voice.asr.request.rate-huge.json": "wrong_type",
        "bad/topic.voice.tts.request.no-text.json": "missing_field",
    ]

    @Test(arguments: Samples.files(valid: false))
    func everyBadMessageGetsItsVerdict(file: String) throws {
        let expected = try #require(Self.badOnes[file], "no rule for \(file)")
        var translator = Self.translator()
        let decision = translator.translate(try Samples.message(file))
        #expect(refusal(decision)?.code == expected)
        if expected == nil, file.contains("vision.frame") {
            let made = try task(decision)
            #expect(try payload(made)["size"] == nil)
            if file.contains("ts-string") {
                #expect(try payload(made)["timestamp"] == nil)
                #expect(try meta(made)["timestamp"] == nil)
            }
        }
        if expected == nil, file.contains("voice.asr") {
            guard case .voiceChunk(let chunk) = decision else {
                Issue.record("a chunk never becomes a task of its own")
                return
            }
            #expect(chunk.samples.count == 320, "the real length counts")
        }
    }

    // MARK: - Frames

    @Test func aFrameKeepsWhatTheDocumentDescribes() throws {
        var translator = Self.translator()
        let made = try task(translator.translate(try Samples.message("topic.vision.frame.offload.doc.json")))
        #expect(made.envelope.id == "vision-frame-run-1")
        let payload = try payload(made)
        #expect(payload.members?.map(\.key) == ["frame_data", "frame_id", "timestamp", "format", "rid", "roi"])
        #expect(payload["rid"] == "camera0")
        #expect(payload["roi"]?["w"] == 32)
        #expect(payload["timestamp"] == 1_763_035_200.525)
        #expect(payload["format"] == "jpeg")
        #expect(payload["frame_id"] == "run-1", "the camera's name is the same for every frame")
        #expect(
            try meta(made) == [
                "source_topic": "vision.frame.offload", "frame_id": "run-1", "rid": "camera0",
                "timestamp": 1_763_035_200.525,
            ])
    }

    @Test func theSameFrameTwiceMakesTwoTasks() throws {
        var translator = Self.translator()
        let message = try Samples.message("topic.vision.frame.offload.legacy.json")
        let first = try task(translator.translate(message))
        let second = try task(translator.translate(message))
        #expect(first.envelope.id == "vision-frame-frame-000123-run-1")
        #expect(second.envelope.id == "vision-frame-frame-000123-run-2")
        #expect(try payload(first)["frame_id"] == "frame-000123")
        #expect(try payload(first)["meta"] == ["fps": 5.0])
    }

    @Test func twoRunsGiveDifferentIDs() {
        #expect(IngestTranslator.randomInstance() != IngestTranslator.randomInstance())
    }

    @Test(
        arguments: [
            (["x": 1], nil), ("", nil), (.null, nil), (.string(String(repeating: "x", count: 20_000)), nil),
            (123, "123"),
            ("../../etc\n{\"a\u{1B}", "../../etc\n{\"a\u{1B}"),
        ] as [(JSONValue, String?)])
    func aFrameIDIsATextOrANumberAndNothingElse(id: JSONValue, text: String?) throws {
        let made = try task(try frame(["frame_jpeg": "AAAA", "frame_id": id]))
        #expect(try payload(made)["frame_id"] == .string(text ?? "run-1"))
        #expect(made.envelope.id.utf8.count < 128)
        let allowed = made.envelope.id.utf8.allSatisfy { byte in
            "-._".utf8.contains(byte) || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte)
        }
        #expect(allowed, "\(made.envelope.id)")
    }

    @Test(
        arguments: [
            (["timestamp": 2, "ts": 1], 2), (["timestamp": "x", "ts": 1], 1), (["ts": -1.5], -1.5), (["ts": "1"], nil),
            (["ts": .null, "timestamp": true], nil),
        ] as [(JSONValue, JSONValue?)])
    func theFirstTimestampThatIsANumberCounts(times: JSONValue, expected: JSONValue?) throws {
        let members = try #require(times.members)
        let made = try task(try frame(.object([.init("frame_jpeg", "AAAA")] + members)))
        #expect(try payload(made)["timestamp"] == expected)
        #expect(try meta(made)["timestamp"] == expected)
    }

    @Test func fieldsOfWrongTypesAreLeftOut() throws {
        let made = try task(
            try frame([
                "frame_jpeg": "AAAA", "roi": [1, 2], "meta": "x", "rid": ["a"], "format": 5, "size": "big",
            ]))
        #expect(try payload(made).members?.map(\.key) == ["frame_data", "frame_id", "format"])
        #expect(try payload(made)["format"] == "5")
    }

    @Test func theFirstNameOfThePictureThatHasOneCounts() throws {
        #expect(try payload(task(try frame(["frame_data": "BBBB", "frame_jpeg": "AAAA"])))["frame_data"] == "AAAA")
        #expect(try payload(task(try frame(["frame_jpeg": .null, "frame_data": "BBBB"])))["frame_data"] == "BBBB")
        #expect(try payload(task(try frame(["frame_jpeg": "", "frame_data": "BBBB"])))["frame_data"] == "BBBB")
        #expect(refusal(try frame(["frame_jpeg": "", "frame_data": .null]))?.code == "missing_field")
    }

    @Test(
        arguments: [
            (#"\/9j\/AA=="#, "/9j/AA=="), (#"\/9j4"#, "/9j4"), (#"\u0041AAA"#, "AAAA"), (#"\/9j"#, nil),
            (#"AAA\n"#, nil),
        ] as [(String, String?)])
    func anEscapedPictureIsTheSamePicture(written: String, read: String?) throws {
        var translator = Self.translator()
        let decision = translator.translate(
            try BusMessage(frames: [Array("vision.frame.offload".utf8), Array("{\"frame_jpeg\":\"\(written)\"}".utf8)]))
        if let read {
            #expect(try payload(task(decision))["frame_data"] == .string(read))
        } else {
            #expect(refusal(decision)?.code == "invalid_base64")
        }
    }

    @Test func aMessageAboveTheLimitIsRefused() throws {
        var translator = Self.translator { $0.maxMessageBytes = 100 }
        let large = JSONValue.string(String(repeating: "A", count: 100))
        let decision = translator.translate(try Samples.message("vision.frame.offload", ["frame_jpeg": large]))
        #expect(refusal(decision)?.code == "too_large")
    }

    @Test func aFrameThatWouldNestTooDeepInAnEnvelopeIsRefused() throws {
        var region = "1"
        for _ in 0..<(JSONScanner.depthLimit - 1) { region = "{\"a\":\(region)}" }
        let body = Array("{\"frame_jpeg\":\"AAAA\",\"roi\":\(region)}".utf8)
        var translator = Self.translator()
        let decision = translator.translate(try BusMessage(frames: [Array("vision.frame.offload".utf8), body]))
        #expect(refusal(decision)?.code == "invalid_json")
    }

    @Test func whatTheRobotFollowsGoesAlong() throws {
        var translator = Self.translator()
        translator.trackingState = TrackingState(isEnabled: true, mode: .face)
        let made = try task(translator.translate(try Samples.message("topic.vision.frame.offload.pi.json")))
        #expect(
            try meta(made)["tracking_state"]
                == Samples.value("task.vision.frame.tracking.json")["meta"]?["tracking_state"])
    }

    @Test func theConfigurationDecidesAboutFrames() throws {
        var translator = Self.translator {
            $0.framePriority = Priority(rawValue: 3) ?? .standard
            $0.frameBufferSize = 2
            $0.frameDeadline = .milliseconds(50)
        }
        let made = try task(translator.translate(try Samples.message("vision.frame.offload", ["frame_jpeg": "AAAA"])))
        #expect(made.envelope.priority.rawValue == 3)
        #expect(made.newestWins == 2)
        #expect(made.envelope.expiresIn == .milliseconds(50))
    }

    // MARK: - Speech

    @Test func aRequestForSpeechBecomesATask() throws {
        var translator = Self.translator()
        let made = try task(translator.translate(try Samples.message("topic.voice.tts.request.json")))
        #expect(made.envelope.id == "voice-tts-say-7")
        #expect(try payload(made) == ["text": "Przeszkoda po prawej stronie.", "voice": "piper-pl", "speed": 1.0])
        #expect(
            try meta(made) == [
                "source_topic": "voice.tts.request", "request_id": "say-7", "timestamp": 1_763_035_203.0,
            ])
    }

    @Test func theIDSaysWhatTheRequestIsCalled() throws {
        #expect(try task(try speech(["text": "x"])).envelope.id == "voice-tts-run-1")
        #expect(try task(try speech(["text": "x", "seq": 7])).envelope.id == "voice-tts-7-run-1")
        #expect(try task(try speech(["text": "x", "seq": 7, "request_id": 8])).envelope.id == "voice-tts-8")
        #expect(try task(try speech(["text": "x", "request_id": "a b"])).envelope.id == "voice-tts-a_b-run-1")
    }

    @Test func nullMeansDefault() throws {
        let made = try task(try speech(["text": "x", "voice": .null, "speed": .null, "request_id": .null]))
        #expect(try payload(made) == ["text": "x"])
    }

    @Test(
        arguments: [
            (["text": ""], "missing_field"), (["text": .null], "missing_field"), (["text": " \n"], "blank_text"),
            (["text": 5], "wrong_type"), (["text": ["x"]], "wrong_type"),
            (["text": "x", "speed": "1.0"], "wrong_type"),
            (["text": "x", "voice": 5], "wrong_type"),
        ] as [(JSONValue, String)])
    func aRequestThatCannotBeSpokenIsRefused(body: JSONValue, code: String) throws {
        #expect(refusal(try speech(body))?.code == code)
    }

    // MARK: - Modes

    @Test(
        arguments: [
            ("provider.vision.state", ["mode": "pc", "domain": "voice"], "domain_mismatch"),
            ("provider.vision.state", ["mode": "both"], "unknown_mode"),
            ("provider.text.state", ["a": 1], "unknown_mode"),
            ("system.ai.mode.changed", ["mode": "pc"], "unknown_mode"),
            ("vision.state", ["present": false], "unknown_topic"),
        ] as [(String, JSONValue, String)])
    func aStateThatCannotBeReadIsRefused(topic: String, body: JSONValue, code: String) throws {
        var translator = Self.translator()
        #expect(refusal(translator.translate(try Samples.message(topic, body)))?.code == code)
    }
}
