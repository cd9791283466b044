import Configuration

/// `[text.generate]`: the language model.
public struct GenerateSettings: Sendable {
    public var engines: EngineListSettings
    public var maxTokens: Int
    public var temperature: Double
    public var topP: Double
    public var topK: Int
    /// Said before the prompt when the task brings neither one nor a mode.
    public var systemPrompt: String
    /// By the mode that a task names.
    public var systemPrompts: [String: String]
    public var enableCache: Bool
    public var cacheLifetime: Duration
    /// Answers kept at most.
    public var cacheMaxSize: Int
    /// Bytes of kept answers at most.
    public var cacheMaxBytes: Int

    init(_ reader: ConfigReader, schema: Schema) throws {
        engines = try EngineListSettings(reader, section: "text.generate", schema: schema)
        maxTokens = try reader.requiredInt(forKey: "max_tokens")
        temperature = try reader.requiredDouble(forKey: "temperature")
        topP = try reader.requiredDouble(forKey: "top_p")
        topK = try reader.requiredInt(forKey: "top_k")
        systemPrompt = try reader.requiredString(forKey: "system_prompt")
        let prompts = reader.scoped(to: "system_prompts")
        systemPrompts = [
            "chat": try prompts.requiredString(forKey: "chat"),
            "command": try prompts.requiredString(forKey: "command"),
            "summary": try prompts.requiredString(forKey: "summary"),
        ]
        enableCache = try reader.requiredBool(forKey: "enable_cache")
        cacheLifetime = .seconds(try reader.requiredInt(forKey: "cache_ttl_seconds"))
        cacheMaxSize = try reader.requiredInt(forKey: "cache_max_size")
        cacheMaxBytes = try reader.requiredInt(forKey: "cache_max_bytes")
    }
}
