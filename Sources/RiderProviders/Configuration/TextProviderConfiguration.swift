/// Settings of the text provider: `config/text_provider.toml`, section `text`.
public struct TextProviderConfiguration: Sendable, Hashable {
    /// `text.nlu`.
    public struct Understanding: Sendable, Hashable {
        /// `rules` (default) or `mock`.
        public var engine = "rules"
        /// A file of rules; empty (default) means the rules in the program.
        public var rulesFile = ""

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
    /// `engine`: `ollama` (default) or `mock`.
    public var engine = "ollama"
    /// `ollama_host`: a URL without a path, default `http://127.0.0.1:11434`.
    public var host = "http://127.0.0.1:11434"
    /// `model`, default `llama3.2:1b`.
    public var model = "llama3.2:1b"
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
