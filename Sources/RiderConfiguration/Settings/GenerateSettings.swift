import Configuration

/// `[text.generate]`: the language model.
public struct GenerateSettings: Sendable {
    /// `ollama` or `mock`.
    public var engine: String
    public var ollamaHost: String
    public var model: String
    public var maxTokens: Int
    public var temperature: Double
    public var topP: Double
    public var topK: Int
    /// Said before the prompt when the task brings none.
    public var systemPrompt: String
    public var enableCache: Bool
    public var cacheLifetime: Duration
    /// Answers kept at most.
    public var cacheMaxSize: Int
    /// Bytes of kept answers at most.
    public var cacheMaxBytes: Int

    init(_ reader: ConfigReader) throws {
        engine = try reader.requiredString(forKey: "engine")
        ollamaHost = try reader.requiredString(forKey: "ollama_host")
        model = try reader.requiredString(forKey: "model")
        maxTokens = try reader.requiredInt(forKey: "max_tokens")
        temperature = try reader.requiredDouble(forKey: "temperature")
        topP = try reader.requiredDouble(forKey: "top_p")
        topK = try reader.requiredInt(forKey: "top_k")
        systemPrompt = try reader.requiredString(forKey: "system_prompt")
        enableCache = try reader.requiredBool(forKey: "enable_cache")
        cacheLifetime = .seconds(try reader.requiredInt(forKey: "cache_ttl_seconds"))
        cacheMaxSize = try reader.requiredInt(forKey: "cache_max_size")
        cacheMaxBytes = try reader.requiredInt(forKey: "cache_max_bytes")
    }
}
