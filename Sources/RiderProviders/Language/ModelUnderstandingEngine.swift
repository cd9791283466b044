import RiderModel

/// `text.nlu` by a language model that is held to a JSON schema. It may name only what the rules know too, so that the robot
/// hears the same words whichever of the two understood.
///
/// The confidence is what the model says of itself: a figure to compare its own answers by, no probability.
struct ModelUnderstandingEngine: Engine {
    let model: LanguageModel
    /// What it may name.
    let intents: [String]
    let entityTypes: [String]

    private static let moods = ["positive", "neutral", "negative"]

    var taskType: TaskType { .textNLU }
    var name: String { model.engine.name }
    var kind: EngineKind { .http }
    var limits: EngineLimits { model.engine.limits }

    func run() async throws { try await model.server.run() }

    func status() async -> EngineStatus {
        guard let (isThere, detail) = try? await model.status() else { return missing("not asked") }
        return isThere ? available(detail) : missing(detail)
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try UnderstandingRequest(task.envelope.payload)
        let (text, characters) = try request.withText { String(decoding: $0, as: UTF8.self) }
        let answer = try await model.ask(
            ModelQuestion(
                prompt: text, system: instruction, maxTokens: 400, temperature: 0, topP: 1, topK: 1, schema: schema))
        guard let understanding = understanding(answer.text) else {
            throw EngineError.failed("\(name) did not keep to the schema")
        }
        return .completed(
            understanding.encoded(request.parts),
            meta: [
                .init("model", .string(model.engine.model)), .init("engine", .string(name)),
                .init("tasks", .array(request.parts.map { .string($0.rawValue) })),
                .init("text_length", .integer(Int64(characters))),
            ])
    }

    private var instruction: String {
        """
        You read what somebody says to a small robot on wheels, in Polish or English. Name the intent, the entities with \
        their words as they stand in the text, and the mood. Use the intent "\(Understanding.unknownIntent)" when no other fits.
        """
    }

    private var schema: JSONValue {
        let intent: JSONValue = [
            "type": "object",
            "properties": [
                "name": [
                    "type": "string", "enum": .array((intents + [Understanding.unknownIntent]).map(JSONValue.string)),
                ],
                "confidence": ["type": "number"],
            ],
            "required": ["name", "confidence"], "additionalProperties": false,
        ]
        let entity: JSONValue = [
            "type": "object",
            "properties": [
                "type": ["type": "string", "enum": .array(entityTypes.map(JSONValue.string))],
                "value": ["type": "string"], "confidence": ["type": "number"],
            ],
            "required": ["type", "value", "confidence"], "additionalProperties": false,
        ]
        let mood: JSONValue = [
            "type": "object",
            "properties": [
                "label": ["type": "string", "enum": .array(Self.moods.map(JSONValue.string))],
                "score": ["type": "number"],
            ],
            "required": ["label", "score"], "additionalProperties": false,
        ]
        return [
            "type": "object",
            "properties": [
                "intent": intent, "entities": ["type": "array", "items": entity], "sentiment": mood,
            ],
            "required": ["intent", "entities", "sentiment"], "additionalProperties": false,
        ]
    }

    /// - Returns: nil for what does not keep to the schema: not every server enforces it.
    private func understanding(_ text: String) -> Understanding? {
        guard let answer = try? JSONValue(parsing: text), let intent = answer["intent"]?["name"]?.string,
            let confidence = Self.share(answer["intent"]?["confidence"]), let entities = answer["entities"]?.array,
            let mood = answer["sentiment"]?["label"]?.string, Self.moods.contains(mood),
            let score = Self.share(answer["sentiment"]?["score"])
        else { return nil }
        var found: [Understanding.Entity] = []
        for entity in entities.prefix(50) {
            guard let type = entity["type"]?.string, let value = entity["value"]?.string,
                let confidence = Self.share(entity["confidence"])
            else { return nil }
            if entityTypes.contains(type), !value.isEmpty {
                found.append(.init(type: type, value: .text(value), unit: nil, confidence: confidence))
            }
        }
        let isKnown = intents.contains(intent)
        return Understanding(
            intent: isKnown ? intent : Understanding.unknownIntent, confidence: isKnown ? confidence : 0,
            entities: found, mood: .init(label: mood, score: score))
    }

    private static func share(_ value: JSONValue?) -> Double? {
        value?.double.flatMap { $0.isFinite ? min(1, max(0, $0)) : nil }
    }
}
