/// Settings of the text provider: `config/text_provider.toml`, section `text`.
public struct TextProviderConfiguration: Sendable, Hashable {
    /// `text.nlu`.
    public struct Understanding: Sendable, Hashable {
        /// Those that `text.nlu.engines` names, default the rules.
        public var engines = [EngineConfiguration.rules]

        public init() {}
    }

    /// `text.enabled`, default true.
    public var enabled = true
    /// `text.max_concurrent_tasks`, default 2.
    public var maxConcurrentTasks = 2
    /// `text.timeout_seconds`, default 60 s.
    public var timeout = Duration.seconds(60)
    /// Section `text.nlu`.
    public var nlu = Understanding()
    /// Section `text.generate`.
    public var generate = GenerationConfiguration()

    public init() {}
}

/// Settings of `text.generate`: section `text.generate`.
public struct GenerationConfiguration: Sendable, Hashable {
    /// Those that `engines` names, default Ollama.
    public var engines = [EngineConfiguration.ollama]
    /// `max_tokens` of an answer when the task names none, default 512.
    public var maxTokens = 512
    /// `temperature` when the task names none, default 0.7.
    public var temperature = 0.7
    /// `top_p`, default 0.9.
    public var topP = 0.9
    /// `top_k`, default 40.
    public var topK = 40
    /// `system_prompt` when the task brings none, default empty.
    public var systemPrompt = ""
    /// Section `system_prompts`: by the mode that a task names, default none.
    public var systemPrompts: [String: String] = [:]
    /// `enable_cache`, default true.
    public var cacheEnabled = true
    /// `cache_ttl_seconds`, default 7200 s.
    public var cacheLifetime = Duration.seconds(7200)
    /// `cache_max_size` in answers, default 1000.
    public var cacheMaxCount = 1000
    /// `cache_max_bytes` of questions and answers, default 16 MiB.
    public var cacheMaxBytes = 16 << 20

    public init() {}
}
