import RiderModel

/// The payload of `text.generate`, with the configuration's values where it has none. null means none.
struct GenerationRequest: Sendable, Hashable {
    var prompt: String
    var system: String
    var maxTokens: Int
    var temperature: Double
    /// The mode whose system prompt is used; nil when the task names none.
    var mode: String?

    init(_ payload: ArraySlice<UInt8>, defaults: GenerationConfiguration) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "prompt", "max_tokens", "temperature", "system_prompt", "mode")
        prompt = try reader.requiredString("prompt")
        mode = try reader.string("mode")
        var standard = defaults.systemPrompt
        if let mode {
            guard let ofMode = defaults.systemPrompts[mode] else {
                let known = defaults.systemPrompts.keys.sorted().joined(separator: ", ")
                throw .payload("Unknown mode: use \(known)")
            }
            standard = ofMode
        }
        system = try reader.string("system_prompt") ?? standard
        if let limit = reader.value("max_tokens") {
            guard let limit = limit.int, 1...1_000_000 ~= limit else {
                throw .payload("max_tokens must be a whole number above 0")
            }
            maxTokens = limit
        } else {
            maxTokens = defaults.maxTokens
        }
        temperature = try reader.number("temperature") ?? defaults.temperature
        guard 0...10 ~= temperature else { throw .payload("temperature must be a number from 0 to 10") }
    }

    /// How Python counts: code points.
    var promptLength: Int { prompt.unicodeScalars.count }
}
