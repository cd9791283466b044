import RiderModel
import Testing

struct RobotMessageTests {
    static let now = SampleTask.now

    private func frame(
        meta: JSONValue = ["source_topic": "vision.frame.offload", "frame_id": "f-1"],
        refusal: ClaimedTask.Refusal? = nil, deadline: UnixTime? = nil
    ) throws -> ClaimedTask {
        try SampleTask.claimed(id: "vision-frame-f-1", .visionFrame, meta: meta, refusal: refusal, deadline: deadline)
    }

    private func seen(_ obstacles: JSONValue, timestamp: JSONValue = 1_763_035_206.5, tracking: JSONValue? = nil)
        -> TaskResult
    {
        var members: [JSONValue.Member] = [
            .init("frame_id", "f-1"), .init("timestamp", timestamp), .init("obstacles", obstacles),
        ]
        if let tracking { members.append(.init("tracking", tracking)) }
        return .completed(.object(members), meta: [.init("model", "hog"), .init("engine", "opencv")])
    }

    private static let near: JSONValue = [
        "type": "person", "distance": 0.7, "angle": -12, "confidence": 0.6, "size": "large",
    ]
    private static let far: JSONValue = ["type": "face", "distance": 3.5, "angle": 4.5, "confidence": 0.9]

    private func messages(_ task: ClaimedTask, _ result: TaskResult) throws -> [RobotTopic: JSONValue] {
        var messages: [RobotTopic: JSONValue] = [:]
        for message in RobotMessages.from(task: task, result: result, now: Self.now) {
            #expect(messages[message.topic] == nil)
            #expect(message.taskID == task.envelope.id)
            #expect(message.inputAt == task.enqueuedAt)
            messages[message.topic] = try JSONValue(parsing: message.body)
        }
        return messages
    }

    // MARK: - Obstacles

    @Test func allTenFieldsAreThereAndTheNearestCounts() throws {
        let message = try #require(try messages(frame(), seen([Self.far, Self.near]))[.obstacle])
        #expect(
            message.members?.map(\.key) == [
                "present", "confidence", "distance", "angle", "ts", "frame_id", "obstacles", "timestamp",
                "processing_source", "meta",
            ])
        #expect(message["present"] == true)
        #expect(message["confidence"]?.double == 0.6)
        #expect(message["distance"]?.double == 0.7)
        #expect(message["angle"]?.double == -12)
        #expect(message["ts"]?.double == 1_763_035_206.5)
        #expect(message["timestamp"]?.double == 1_763_035_206.5)
        #expect(message["obstacles"]?.array?.count == 2)
        #expect(message["processing_source"] == "pc")
        #expect(message["meta"]?["source_topic"] == "vision.frame.offload")
        #expect(message["meta"]?["engine"] == "opencv")
    }

    @Test func theKeysAreThoseOfTheContractsSample() throws {
        for file in ["present", "clear"] {
            let sample = try Fixture.value(of: "topic.vision.obstacle.enhanced.\(file).json")
            let ours = try #require(try messages(frame(), seen(sample["obstacles"] ?? []))[.obstacle])
            for key in ["present", "confidence", "distance", "angle", "obstacles"] {
                #expect(ours[key].map(Self.asNumbers) == sample[key].map(Self.asNumbers), "\(key)")
            }
            #expect(Set(ours.members?.map(\.key) ?? []) == Set(sample.members?.map(\.key) ?? []))
        }
    }

    private static func asNumbers(_ value: JSONValue) -> JSONValue {
        switch value {
        case .integer(let number): .number(Double(number))
        case .array(let values): .array(values.map(asNumbers))
        case .object(let members): .object(members.map { .init($0.key, asNumbers($0.value)) })
        default: value
        }
    }

    @Test func anEmptySceneIsClearWithNumbersAndNulls() throws {
        let message = try #require(try messages(frame(), seen([]))[.obstacle])
        #expect(message["present"] == false)
        #expect(message["confidence"]?.double == 0)
        #expect(message["distance"] == .null)
        #expect(message["angle"] == .null)
    }

    @Test func withoutDistancesTheSurestCounts() throws {
        let message = try #require(
            try messages(frame(), seen([["confidence": 0.5], ["confidence": 0.8, "angle": 3]]))[.obstacle])
        #expect(message["confidence"]?.double == 0.8)
        #expect(message["distance"] == .null)
        #expect(message["angle"]?.double == 3)
    }

    @Test(arguments: ["12:00:00", .null, true, -1, [1]] as [JSONValue])
    func aTimestampThatIsNoTimeIsNeverCopied(timestamp: JSONValue) throws {
        let message = try #require(try messages(frame(), seen([Self.near], timestamp: timestamp))[.obstacle])
        #expect(message["ts"]?.double == Self.now.seconds)
        #expect(message["timestamp"] == .null)
    }

    @Test func aNumericFrameIDIsToldAsText() throws {
        let task = try frame(meta: ["source_topic": "vision.frame.offload"])
        let result = TaskResult.completed(["frame_id": 123, "obstacles": []])
        #expect(try messages(task, result)[.obstacle]?["frame_id"] == "123")
        let without = TaskResult.completed(["obstacles": []])
        #expect(try messages(task, without)[.obstacle]?["frame_id"] == "vision-frame-f-1")
    }

    @Test func nothingIsSaidAboutAFrameThatWasNotLookedAt() throws {
        let good = seen([])
        #expect(try messages(frame(), .failed("not a JPEG")).isEmpty)
        #expect(try messages(frame(refusal: .expired), good).isEmpty)
        #expect(try messages(frame(refusal: .superseded), good).isEmpty)
        #expect(try messages(frame(deadline: Self.now - .milliseconds(1)), good).isEmpty)
        #expect(try messages(frame(deadline: Self.now), good).count == 1)
        #expect(try messages(frame(), .completed(Array("{nonsense".utf8))).isEmpty)
        #expect(try messages(frame(), .completed(["detections": []])).isEmpty, "no list is not a clear scene")
        #expect(try messages(frame(), seen(.null)).isEmpty)
        #expect(try messages(frame(), seen("none")).isEmpty)
    }

    @Test(
        arguments: [
            [], 1, "x", ["distance": 1], ["confidence": .null], ["confidence": "0.9"], ["confidence": 1.5],
            ["confidence": -0.1], ["confidence": 0.5, "distance": "0.7"], ["confidence": 0.5, "distance": -1],
            ["confidence": 0.5, "angle": "-12"], ["confidence": 0.5, "angle": 400],
        ] as [JSONValue])
    func oneUnreadableObstacleSilencesTheWholeFrame(entry: JSONValue) throws {
        #expect(try messages(frame(), seen([Self.near, entry])).isEmpty)
    }

    @Test func tasksOfOtherProducersTellTheRobotNothing() throws {
        for meta in [nil, [:], ["source_topic": ""], ["source_topic": 1], ["source": "cli"]] as [JSONValue?] {
            let task = try SampleTask.claimed(.visionFrame, meta: meta)
            #expect(try messages(task, seen([Self.near])).isEmpty)
        }
    }

    @Test(arguments: [TaskType.visionDetection, .textGenerate, .textNLU])
    func otherTypesTellTheRobotNothing(type: TaskType) throws {
        let task = try SampleTask.claimed(type, meta: ["source_topic": "vision.frame.offload"])
        #expect(try messages(task, seen([Self.near])).isEmpty)
    }

    // MARK: - Following

    private func following(_ state: JSONValue) throws -> ClaimedTask {
        try frame(meta: ["source_topic": "vision.frame.offload", "tracking_state": state])
    }

    private static let face: JSONValue = ["offset": -0.42, "mode": "face", "confidence": 0.87, "center": [1, 2]]

    @Test func anOffsetGoesOutWhenItWasAskedForAndFound() throws {
        let both = try messages(
            following(["enabled": true, "mode": "face"]), seen([], tracking: Self.face))
        #expect(both.count == 2)
        #expect(
            both[.trackingOffset] == [
                "offset_x": -0.42, "mode": "face", "confidence": 0.87, "ts": 1_763_035_206.5, "source": "pc",
            ])
    }

    @Test(
        arguments: [
            [:], "on", ["enabled": false, "mode": "face"], ["enabled": "true", "mode": "face"],
            ["enabled": true, "mode": "none"], ["enabled": true], ["enabled": true, "mode": "hand"],
            ["enabled": true, "mode": 1],
        ] as [JSONValue])
    func noOffsetGoesOutUnasked(state: JSONValue) throws {
        #expect(try messages(following(state), seen([], tracking: Self.face))[.trackingOffset] == nil)
    }

    @Test(
        arguments: [
            .null, [:], [], ["offset": .null], ["offset": "0.1"], ["offset": 1.01], ["offset": -2],
            ["offset": 0.1, "mode": "none"], ["offset": 0.1, "mode": .null],
        ] as [JSONValue])
    func noOffsetGoesOutWhenNothingWasFound(tracking: JSONValue) throws {
        let found = try messages(following(["enabled": true, "mode": "face"]), seen([], tracking: tracking))
        #expect(found[.trackingOffset] == nil)
        #expect(found[.obstacle] != nil)
    }

    // MARK: - Voice

    private func heard(_ output: JSONValue) throws -> [RobotTopic: JSONValue] {
        let meta: JSONValue = ["source_topic": "voice.asr.request", "request_id": "req-42"]
        return try messages(try SampleTask.claimed(id: "voice-asr-req-42", .voiceASR, meta: meta), .completed(output))
    }

    @Test func wordsGoOut() throws {
        let message = try #require(
            try heard(["text": "jedź do przodu", "language": "pl", "confidence": 0.95])[.asrResult])
        let sample = try Fixture.value(of: "topic.voice.asr.result.text.json")
        for key in ["task_id", "text", "language", "confidence"] { #expect(message[key] == sample[key]) }
        #expect(message["meta"]?["request_id"] == "req-42")
        #expect(message["ts"]?.double == Self.now.seconds)
    }

    @Test(arguments: ["", "  \n", 42, .null, ["x"], true] as [JSONValue])
    func withoutWordsNothingGoesOut(text: JSONValue) throws {
        #expect(try heard(["text": text]).isEmpty)
    }

    @Test func doubtfulExtrasAreLeftOut() throws {
        let message = try #require(try heard(["text": "hej", "language": 1, "confidence": "high"])[.asrResult])
        #expect(message["language"] == nil)
        #expect(message["confidence"] == nil)
    }

    private func spoken(_ output: JSONValue) throws -> [RobotTopic: JSONValue] {
        let meta: JSONValue = ["source_topic": "voice.tts.request", "request_id": "say-7"]
        return try messages(try SampleTask.claimed(id: "voice-tts-say-7", .voiceTTS, meta: meta), .completed(output))
    }

    @Test func soundGoesOutUnderBothNames() throws {
        let result = try Fixture.value(of: "result.voice.tts.json")
        let message = try #require(try spoken(result["result"] ?? nil)[.ttsChunk])
        let sample = try Fixture.value(of: "topic.voice.tts.chunk.superset.json")
        #expect(Set(message.members?.map(\.key) ?? []) == Set(sample.members?.map(\.key) ?? []))
        for key in ["task_id", "data", "audio_data", "format", "sample_rate", "duration_ms", "seq", "last", "meta"] {
            #expect(message[key] == sample[key], "\(key)")
        }
    }

    @Test(
        arguments: [
            ["audio_data": "base64_encoded_mock_audio_data", "sample_rate": 16000],
            ["audio_data": "", "sample_rate": 16000], ["audio_data": 1, "sample_rate": 16000], ["sample_rate": 16000],
            ["audio_data": "AAAA"], ["audio_data": "AAAA", "sample_rate": "16000"],
            ["audio_data": "AAAA", "sample_rate": 0], ["audio_data": "AAAA", "sample_rate": 1_000_000],
            ["audio_data": "AAAA", "sample_rate": 22050, "format": "pcm16"],
        ] as [JSONValue])
    func soundThatARobotCannotPlayDoesNotGoOut(output: JSONValue) throws {
        #expect(try spoken(output).isEmpty)
    }

    @Test(arguments: [
        ("wav", TTSChunkMessage.Format.wav), ("audio/mp3", .mp3), ("PCM16", .pcm16), ("s16le", .pcm16), ("raw", .wav),
    ])
    func formatsAreNamedInWordsThatTheRobotKnows(name: String, format: TTSChunkMessage.Format) {
        #expect(TTSChunkMessage.Format(name: name) == format)
    }

    // MARK: - The validator

    @Test(
        arguments: [
            (.obstacle, #"{"present":1,"confidence":0.5}"#, "present"),
            (.obstacle, #"{"present":true}"#, "confidence"),
            (.obstacle, #"{"present":true,"confidence":2}"#, "confidence"),
            (.obstacle, #"{"present":true,"confidence":0.5,"angle":"1"}"#, "angle"),
            (.obstacle, #"{"present":false,"confidence":0.5,"obstacles":[{}]}"#, "present"),
            (.obstacle, #"{"present":true,"confidence":0.5,"obstacles":[]}"#, "present"),
            (.obstacle, #"{"present":true,"confidence":0.5,"obstacles":[1]}"#, "obstacles"),
            (.obstacle, #"{"present":true,"confidence":0.5,"ts":"12:00"}"#, "ts"),
            (.obstacle, #"{"present":true,"confidence":0.5,"meta":[]}"#, "meta"),
            (.obstacle, #"{"present":false,"present":true,"confidence":0.5}"#, nil),
            (.trackingOffset, #"{"mode":"face"}"#, "offset_x"),
            (.trackingOffset, #"{"offset_x":"0.1","mode":"face"}"#, "offset_x"),
            (.trackingOffset, #"{"offset_x":1.5,"mode":"face"}"#, "offset_x"),
            (.trackingOffset, #"{"offset_x":0.5,"mode":"nose"}"#, "mode"),
            (.asrResult, #"{"transcript":"x"}"#, "text"),
            (.asrResult, #"{"text":"x","intent":"stop"}"#, "intent"),
            (.asrResult, #"{"text":"x","reply":1}"#, "reply"),
            (.asrResult, #"{"text":"x","tts":{"data":"%%"}}"#, "data"),
            (.ttsChunk, #"{"data":"AAAA","sample_rate":"fast"}"#, "sample_rate"),
            (.ttsChunk, #"{"data":"AAAA","sample_rate":16000.5}"#, "sample_rate"),
            (.ttsChunk, #"{"data":"AAAA","format":"pcm","sample_rate":22050}"#, "sample_rate"),
            (.ttsChunk, #"{"data":"AA_A"}"#, "data"),
            (.ttsChunk, #"{"audio":null,"data":"AAAA"}"#, "audio"),
            (.ttsChunk, "[]", nil),
            (.ttsChunk, "{", nil),
        ] as [(RobotTopic, String, String?)])
    func aHazardIsNamed(topic: RobotTopic, text: String, field: String?) {
        let hazard = #expect(throws: RobotHazard.self) {
            try RobotMessageValidator.validate(Array(text.utf8), for: topic)
        }
        #expect(hazard?.field == field)
        #expect(hazard?.description.contains(topic.name) == true)
    }

    // MARK: - Modes

    @Test func aStateThatContradictsItsTopicIsNotBelieved() throws {
        #expect(throws: ProviderStateError.domainMismatch) {
            try ProviderState(["domain": "voice", "mode": "pc"], domain: .vision)
        }
        for mode in ["PC", "pc_offload", 1, .null] as [JSONValue] {
            #expect(throws: ProviderStateError.unknownMode) { try ProviderState(["mode": mode], domain: .vision) }
        }
        #expect(try ProviderState(["mode": "pc"], domain: .text).wantsResults)
        #expect(try !ProviderState(["mode": "pc", "status": "fallback"], domain: .text).wantsResults)
        #expect(AIMode(["mode": "pc"]) == nil)
        #expect(AIMode(["mode": "local"]) == .local)
    }
}
