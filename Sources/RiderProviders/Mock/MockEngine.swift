import RiderModel

/// Answers without doing the work, for demos and tests. It must be asked for by name, and its results say `engine: "mock"`.
struct MockEngine: Engine {
    static let name = "mock"

    let taskType: TaskType

    var name: String { Self.name }
    var kind: EngineKind { .builtin }

    func status() async -> EngineStatus { available("mock: results are invented") }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let payload = task.envelope.payload
        return switch taskType {
        case .textNLU: try understanding(payload)
        case .textGenerate: try generation(payload)
        case .voiceTTS: try speech(payload)
        case .voiceASR: try transcript(payload)
        case .visionDetection: try detection(payload)
        case .visionFrame: try frame(task.envelope)
        }
    }

    private func completed(_ output: JSONValue, _ meta: [JSONValue.Member] = []) -> TaskResult {
        .completed(output, meta: [.init("model", "mock"), .init("engine", "mock")] + meta)
    }

    private func understanding(_ payload: ArraySlice<UInt8>) throws -> TaskResult {
        let request = try UnderstandingRequest(payload)
        let (_, characters) = try request.withText { _ in }
        let mock = Understanding(
            intent: "navigate", confidence: 0.89,
            entities: [
                .init(type: "location", value: .text("kitchen"), unit: nil, confidence: 0.92),
                .init(type: "action", value: .text("go"), unit: nil, confidence: 0.95),
            ], mood: .init(label: "neutral", score: 0.75))
        var result = TaskResult.completed(mock.encoded(request.parts))
        result.meta = [
            .init("model", "mock"), .init("engine", "mock"),
            .init("tasks", .array(request.parts.map { .string($0.rawValue) })),
            .init("text_length", .integer(Int64(characters))),
        ]
        return result
    }

    private func generation(_ payload: ArraySlice<UInt8>) throws -> TaskResult {
        let request = try GenerationRequest(payload, defaults: GenerationConfiguration())
        let text = "Mock LLM response to: \(request.prompt.prefix(50))..."
        return completed(
            [
                "text": .string(text), "tokens_used": .integer(Int64(text.split(separator: " ").count)),
                "from_cache": false,
            ],
            [
                .init("max_tokens", .integer(Int64(request.maxTokens))),
                .init("temperature", .number(request.temperature)),
                .init("prompt_length", .integer(Int64(request.promptLength))),
            ])
    }

    /// A fifth of a second of silence.
    private func speech(_ payload: ArraySlice<UInt8>) throws -> TaskResult {
        let request = try SpeechRequest(payload)
        let wave = WaveFile(sampleRate: 16_000, samples: Array(repeating: 0, count: 3200))
        return completed(
            wave.result, [.init("voice", .string(request.voice)), .init("speed", .number(request.speed))])
    }

    private func transcript(_ payload: ArraySlice<UInt8>) throws -> TaskResult {
        let request = try TranscriptionRequest(payload)
        return completed(
            ["text": "Mock transcription: Hello from voice provider", "confidence": 0.95, "language": "en"],
            [.init("sample_rate", .integer(Int64(request.sampleRate))), .init("format", .string(request.format))])
    }

    private func detection(_ payload: ArraySlice<UInt8>) throws -> TaskResult {
        _ = try DetectionRequest(payload)
        return completed([
            "detections": [
                ["class": "person", "confidence": 0.92, "bbox": [100, 150, 300, 450], "center": [200, 300]]
            ],
            "image_width": 640, "image_height": 480, "num_detections": 1,
        ])
    }

    private func frame(_ envelope: TaskEnvelope) throws -> TaskResult {
        let request = try FrameRequest(envelope)
        let obstacle = Obstacle(type: "obstacle", distance: 1.5, angle: 15, confidence: 0.89, size: .medium)
        let report = FrameReport(request: request, sight: nil, obstacles: [obstacle], avoidDistance: 2, tracking: nil)
        return completed(report.json, [.init("processing_type", "frame_offload")])
    }
}
