import RiderModel

/// `text.nlu` by the rules of `config/nlu_rules.toml`: no model, no process, a few microseconds.
struct RulesEngine: Engine {
    static let name = "rules"

    let rules: LanguageRules
    /// Where the rules come from, for the status.
    let origin: String

    var taskType: TaskType { .textNLU }
    var name: String { Self.name }
    var kind: EngineKind { .builtin }

    func status() async -> EngineStatus {
        available("\(rules.intents.count) intents, \(rules.meanings.count) words, \(origin)")
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        try perform(task.envelope.payload)
    }

    func perform(_ payload: ArraySlice<UInt8>) throws(EngineError) -> TaskResult {
        let request = try UnderstandingRequest(payload)
        let (understanding, characters) = try request.withText { rules.understand($0) }
        return .completed(
            understanding.encoded(request.parts),
            meta: [
                .init("model", "nlu_rules"), .init("engine", .string(Self.name)),
                .init("tasks", .array(request.parts.map { .string($0.rawValue) })),
                .init("text_length", .integer(Int64(characters))),
            ])
    }
}

extension Understanding {
    /// The result object with the parts that were asked for.
    func encoded(_ parts: [UnderstandingRequest.Part]) -> [UInt8] {
        var writer = JSONWriter(capacity: 96 + entities.count * 64)
        writer.object { writer in
            for part in parts {
                switch part {
                case .intent:
                    writer.key("intent")
                    writer.object { writer in
                        writer.key("name")
                        writer.string(intent)
                        writer.key("confidence")
                        writer.number(confidence)
                    }
                case .entities:
                    writer.key("entities")
                    writer.array { writer in
                        for entity in entities { entity.write(to: &writer) }
                    }
                case .sentiment:
                    writer.key("sentiment")
                    writer.object { writer in
                        writer.key("label")
                        writer.string(mood.label)
                        writer.key("score")
                        writer.number(mood.score)
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension Understanding.Entity {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("type")
            writer.string(type)
            writer.key("value")
            switch value {
            case .text(let text): writer.string(text)
            case .number(let number): writer.number(number)
            }
            if let unit {
                writer.key("unit")
                writer.string(unit)
            }
            writer.key("confidence")
            writer.number(confidence)
        }
    }
}
