import Foundation
import RiderModel
import Testing

/// Every sample message of the contract is read with the type it belongs to. A file without a rule fails.
struct FixtureTests {
    @Test func everyFileIsInTheIndexAndEveryEntryHasAFile() throws {
        #expect(!Fixture.all.isEmpty)
        #expect(Set(Fixture.all.map(\.file)) == (try Fixture.filesOnDisk()))
    }

    @Test func everyEntryIsReadBySomeTestHere() {
        let read =
            (Fixture.valid("topic") + Fixture.valid("topic-stream") + Fixture.valid("task")
            + Fixture.valid("task-stream") + Fixture.valid("result") + Fixture.valid("http") + Self.bad).map(\.file)
        #expect(Set(read) == Set(Fixture.all.map(\.file)))
    }

    // MARK: - Correct messages

    @Test(arguments: Fixture.valid("task"))
    func aCorrectTaskIsAnEnvelope(_ fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        let envelope = try TaskEnvelope(parsing: bytes)
        let value = try JSONValue(parsing: bytes)
        #expect(value["task_id"]?.string == envelope.id)
        #expect(value["task_type"]?.string == envelope.type.rawValue)
        #expect(value["priority"]?.int ?? 5 == envelope.priority.rawValue)
        #expect(try JSONValue(parsing: envelope.payload) == value["payload"])
        #expect(try envelope.meta.map { try JSONValue(parsing: $0) } == value["meta"])
        #expect(envelope.bytes == bytes)
    }

    @Test func aStreamOfTasksKeepsItsOrder() throws {
        let lines = try Fixture.bytes(of: "task.priority-mix.jsonl").split(separator: UInt8(ascii: "\n"))
        let levels = try lines.map { try TaskEnvelope(parsing: Array($0)).priority }
        #expect(levels.count == 30)
        for level in Priority.all { #expect(levels.count { $0 == level } == 3) }
    }

    @Test(arguments: Fixture.valid("result"))
    func aCorrectResultIsATaskResult(_ fixture: Fixture) throws {
        let value = try JSONValue(parsing: try fixture.bytes())
        let status = try #require(value["status"]?.string.flatMap(TaskResult.Status.init(rawValue:)))
        let meta = try #require(value["meta"]?.members)
        let output = value["result"].flatMap { $0.isNull ? nil : $0.encoded }
        let result =
            switch status {
            case .completed: TaskResult.completed(try #require(output), meta: meta)
            case .failed: TaskResult.failed(try #require(value["error"]?.string), meta: meta)
            }
        #expect(result.output == output)
        #expect(result.fallbackRequired == (fixture.file == "result.fallback.json"))

        // What is published about it holds the same facts.
        let task = try SampleTask.claimed(id: value["task_id"]?.string ?? "t", .textNLU)
        let timed = value["processing_time_ms"]?.double.map { result.taking(milliseconds: $0) } ?? result
        let body = try JSONValue(parsing: TelemetryBody.make(task: task, result: timed, timestamp: SampleTask.now))
        for key in ["task_id", "status", "result", "error", "meta", "processing_time_ms"] {
            #expect(body[key] == value[key], "\(key)")
        }
    }

    @Test(arguments: Fixture.valid("topic"))
    func aCorrectTopicMessageIsRead(_ fixture: Fixture) throws {
        let topic = try #require(fixture.topic)
        let bytes = try fixture.bytes()
        let message = try BusMessage(frames: [Array(topic.utf8), bytes], topics: [topic])
        #expect(message.topic == topic)
        let value = try JSONValue(parsing: bytes)

        if let robotTopic = RobotTopic(rawValue: topic) {
            try RobotMessageValidator.validate(bytes, for: robotTopic)
            return
        }
        switch topic {
        case "vision.frame.offload":
            let frame = try #require(value["frame_jpeg"]?.string ?? value["frame_data"]?.string)
            #expect(Base64.isStandard(Array(frame.utf8)))
        case "voice.asr.request":
            let sound = try #require(value["chunk_pcm"]?.string ?? value["audio_data"]?.string)
            #expect(Base64.isStandard(Array(sound.utf8)))
        case "voice.tts.request": #expect(value["text"]?.string?.isEmpty == false)
        case "provider.vision.state", "provider.voice.state", "provider.text.state":
            let domain = try #require(Domain(rawValue: String(topic.split(separator: ".")[1])))
            let state = try ProviderState(value, domain: domain)
            #expect(state.wantsResults == fixture.file.hasSuffix(".pc.json"))
            #expect(state.changedAt != nil)
            #expect(!state.reason.isEmpty)
        case "system.ai.mode.changed": #expect(AIMode(value) == .pcOffload)
        case "provider.vision.heartbeat", "provider.voice.heartbeat", "provider.text.heartbeat":
            #expect(value["status"] == "online")
        case "telemetry.task.completed", "telemetry.voice", "telemetry.vision", "telemetry.text":
            try hasTheFieldsOfATelemetryBody(value, ofTopic: topic)
        case "telemetry.provider.status", "telemetry.queue.metrics": #expect(value["timestamp"]?.double != nil)
        default: Issue.record("no rule for topic \(topic)")
        }
    }

    /// The keys of ours begin with the contract's, in its order and with its types.
    private func hasTheFieldsOfATelemetryBody(_ sample: JSONValue, ofTopic topic: String) throws {
        let type = sample["task_type"]?.string.flatMap(TaskType.init(rawValue:)) ?? .visionFrame
        #expect(topic == TelemetryTopic.legacyName || topic == type.domain.telemetryTopic.name)
        let task = try SampleTask.claimed(id: sample["task_id"]?.string ?? "", type)
        var result =
            switch sample["result"] {
            case .object?: TaskResult.completed(sample["result"] ?? nil, meta: sample["meta"]?.members ?? [])
            default: TaskResult.failed(sample["error"]?.string ?? "", meta: sample["meta"]?.members ?? [])
            }
        result.processingMilliseconds = sample["processing_time_ms"]?.double
        let body = try JSONValue(parsing: TelemetryBody.make(task: task, result: result, timestamp: SampleTask.now))
        let keys = try #require(sample.members).map(\.key)
        #expect(try #require(body.members).map(\.key).prefix(keys.count) == keys[...])
        for key in keys where key != "timestamp" { #expect(body[key] == sample[key], "\(key)") }
    }

    @Test func aStreamOfVoiceChunksIsReadLineByLine() throws {
        let lines = try Fixture.bytes(of: "topic.voice.asr.request.stream.jsonl").split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 50)
        for line in lines {
            let message = try BusMessage(frames: [Array("voice.asr.request".utf8), Array(line)])
            #expect(message.members["rate"].map(Array.init) == Array("16000".utf8))
        }
    }

    @Test(arguments: Fixture.valid("http"))
    func aCorrectHTTPBodyIsRead(_ fixture: Fixture) throws {
        if fixture.file == "http.metrics.response.txt" {
            let text = String(decoding: try fixture.bytes(), as: UTF8.self)
            #expect(text.contains("provider_tasks_processed_total"))
            return
        }
        let value = try JSONValue(parsing: try fixture.bytes())
        #expect(value.members?.isEmpty == false)
        if fixture.file == "http.providers-state.response.json" {
            for domain in Domain.allCases {
                let state = try #require(value["domains"]?[domain.rawValue])
                #expect(try ProviderState(state, domain: domain).changedAt != nil)
            }
        }
        if fixture.file == "http.ai-mode.response.json" { #expect(AIMode(value) != nil) }
    }

    // MARK: - Hostile input

    /// What the model itself makes of a file in `bad/`.
    enum Verdict: Equatable, Sendable {
        /// As JSON; therefore as message, task and body too.
        case json(JSONError.Reason)
        /// Valid JSON, but no bus message.
        case message(String)
        /// No envelope; the code.
        case envelope(String)
        /// An envelope that the provider of its type answers with a failed result, or reads with tolerance.
        case forTheProvider
        /// A message that the ingest room judges field by field.
        case forIngest
        /// A robot must never get it; the field at fault.
        case hazard(String?)
        /// Something that the HTTP room answers.
        case forHTTP
        /// Frame by frame: see `BusMessageTests`.
        case framing
    }

    static let bad = Fixture.all.filter { !$0.isValid }

    static let verdicts: [String: Verdict] = [
        "not-json.json": .json(.unexpectedByte),
        "empty.json": .json(.empty),
        "whitespace.json": .json(.empty),
        "truncated.json": .json(.truncated),
        "trailing-garbage.json": .json(.trailingBytes),
        "two-values.json": .json(.trailingBytes),
        "single-quotes.json": .json(.unexpectedByte),
        "nan-infinity.json": .json(.unexpectedByte),
        "overflow-number.json": .json(.numberOutOfRange),
        "lone-surrogate.json": .json(.loneSurrogate),
        "control-chars.json": .json(.controlCharacter),
        "bom.json": .json(.byteOrderMark),
        "non-utf8.bin": .json(.invalidUTF8),
        "invalid-utf8-sequences.bin": .json(.invalidUTF8),
        "utf16le.bin": .json(.unexpectedByte),
        "nul-bytes.bin": .json(.unexpectedByte),
        "random.bin": .json(.unexpectedByte),
        "deep-array-10000.json": .json(.tooDeep),
        "deep-object-2000.json": .json(.tooDeep),
        "deep-in-payload.json": .json(.tooDeep),
        "deep-unclosed.json": .json(.tooDeep),
        "json-null.json": .message("invalid_json"),
        "json-number.json": .message("invalid_json"),
        "json-string.json": .message("invalid_json"),
        "json-array.json": .message("invalid_json"),
        "json-true.json": .message("invalid_json"),
        "json-empty-object.json": .message("empty_object"),
        // The last key counts: a voice.tts task of priority 1.
        "duplicate-keys.json": .forTheProvider,
        "task.missing-task_id.json": .envelope("missing_field"),
        "task.missing-task_type.json": .envelope("missing_field"),
        "task.missing-payload.json": .envelope("missing_field"),
        "task.empty-task_id.json": .envelope("invalid_task_id"),
        "task.numeric-task_id.json": .envelope("wrong_type"),
        "task.null-task_id.json": .envelope("wrong_type"),
        "task.long-task_id.json": .envelope("invalid_task_id"),
        "task.hostile-task_id.json": .envelope("invalid_task_id"),
        "task.unknown-type.json": .envelope("unknown_task_type"),
        "task.unknown-domain.json": .envelope("unknown_task_type"),
        "task.type-case.json": .envelope("unknown_task_type"),
        "task.type-not-string.json": .envelope("wrong_type"),
        "task.payload-array.json": .envelope("wrong_type"),
        "task.payload-string.json": .envelope("wrong_type"),
        "task.payload-null.json": .envelope("wrong_type"),
        "task.meta-array.json": .envelope("wrong_type"),
        "task.meta-null.json": .forTheProvider,
        "task.priority-zero.json": .envelope("invalid_priority"),
        "task.priority-negative.json": .envelope("invalid_priority"),
        "task.priority-eleven.json": .envelope("invalid_priority"),
        "task.priority-huge.json": .envelope("invalid_priority"),
        "task.priority-int64-overflow.json": .envelope("invalid_priority"),
        "task.priority-float.json": .envelope("invalid_priority"),
        "task.priority-string.json": .envelope("invalid_priority"),
        "task.priority-null.json": .forTheProvider,
        "task.priority-bool.json": .envelope("invalid_priority"),
        "task.priority-array.json": .envelope("invalid_priority"),
        "topic.vision.obstacle.enhanced.phase2-no-present.json": .hazard("present"),
        "topic.vision.obstacle.enhanced.distance-string.json": .hazard("distance"),
        "topic.vision.obstacle.enhanced.confidence-null.json": .hazard("confidence"),
        "topic.vision.obstacle.enhanced.present-string.json": .hazard("present"),
        "topic.vision.obstacle.enhanced.array.json": .hazard(nil),
        "topic.vision.tracking.offset.null.json": .hazard("offset_x"),
        "topic.voice.asr.result.text-number.json": .hazard("text"),
        "topic.voice.tts.chunk.legacy-audio_data-only.json": .hazard("data"),
        "framing.json": .framing,
    ]

    /// Rules for whole groups; a file of an unknown group has none and fails.
    static func verdict(on fixture: Fixture) -> Verdict? {
        let name = String(fixture.file.dropFirst("bad/".count))
        if let verdict = verdicts[name] { return verdict }
        let forProviders = [
            "task.payload-empty", "task.tts-", "task.asr-", "task.vision-", "task.nlu-", "task.generate-",
        ]
        if forProviders.contains(where: name.hasPrefix) { return .forTheProvider }
        let forIngest = ["topic.vision.frame.offload.", "topic.voice.asr.request.", "topic.voice.tts.request."]
        if forIngest.contains(where: name.hasPrefix) { return .forIngest }
        return name.hasPrefix("http.") ? .forHTTP : nil
    }

    @Test(arguments: bad)
    func aHostileFileGetsItsVerdict(_ fixture: Fixture) throws {
        let bytes = try fixture.bytes()
        let verdict = try #require(Self.verdict(on: fixture), "no rule for \(fixture.file)")
        switch verdict {
        case .json(let reason):
            let error = #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
            #expect(error?.reason == reason)
            #expect(throws: EnvelopeError.self) { try TaskEnvelope(parsing: bytes) }
            #expect(throws: BusRefusal.self) { try BusMessage(frames: [Array("t".utf8), bytes]) }
        case .message(let code):
            _ = try JSONValue(parsing: bytes)
            let refusal = #expect(throws: BusRefusal.self) { try BusMessage(frames: [Array("t".utf8), bytes]) }
            #expect(refusal?.code == code)
            #expect(throws: EnvelopeError.self) { try TaskEnvelope(parsing: bytes) }
        case .envelope(let code):
            let error = #expect(throws: EnvelopeError.self) { try TaskEnvelope(parsing: bytes) }
            #expect(error?.code == code)
            let text = try #require(error).description
            #expect(text.utf8.count < 300, "an error never quotes a foreign text at length")
            #expect(!text.contains { $0.isNewline || $0 == "\u{1B}" })
        case .forTheProvider:
            let envelope = try TaskEnvelope(parsing: bytes)
            if fixture.file.contains("duplicate") {
                #expect(envelope.type == .voiceTTS)
                #expect(envelope.priority == Priority(rawValue: 1))
            }
            if fixture.file.contains("meta-null") { #expect(envelope.meta == nil) }
            if fixture.file.contains("priority-null") { #expect(envelope.priority == .standard) }
        case .forIngest:
            let topic = try #require(fixture.topic)
            #expect(try BusMessage(frames: [Array(topic.utf8), bytes]).topic == topic)
        case .hazard(let field):
            let topic = try #require(fixture.topic.flatMap(RobotTopic.init(rawValue:)))
            let hazard = #expect(throws: RobotHazard.self) {
                try RobotMessage(topic: topic, body: bytes, taskID: "t", inputAt: SampleTask.now)
            }
            #expect(hazard?.field == field)
        case .forHTTP: #expect(throws: Never.self) { try JSONValue(parsing: bytes) }
        case .framing: #expect(try JSONValue(parsing: bytes)["cases"]?.array?.isEmpty == false)
        }
    }
}
