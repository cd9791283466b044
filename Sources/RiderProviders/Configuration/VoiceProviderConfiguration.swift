/// Settings of the voice provider: `config/voice_provider.toml`, section `voice`.
public struct VoiceProviderConfiguration: Sendable, Hashable {
    /// `voice.enabled`, default true.
    public var enabled = true
    /// `voice.max_concurrent_tasks`, default 2.
    public var maxConcurrentTasks = 2
    /// `voice.timeout_seconds`, default 30 s.
    public var timeout = Duration.seconds(30)
    /// Section `voice.tts`.
    public var tts = SpeechConfiguration()
    /// Section `voice.asr`.
    public var asr = RecognitionConfiguration()

    public init() {}
}

/// Settings of `voice.asr`: section `voice.asr`.
public struct RecognitionConfiguration: Sendable, Hashable {
    /// Those that `engines` names, default PocketSphinx.
    public var engines = [EngineConfiguration.pocketSphinx]
    /// `language` of speech that comes without one, in two letters, default `en`.
    public var language = "en"
    /// `max_audio_seconds` of one task, default 60 s.
    public var maxAudioSeconds = 60

    public init() {}
}

/// Settings of `voice.tts`: section `voice.tts`.
public struct SpeechConfiguration: Sendable, Hashable {
    /// Those that `engines` names, default espeak-ng.
    public var engines = [EngineConfiguration.espeak]
    /// `sample_rate` of the answer in Hz, default 16000, which is what the robot plays.
    public var sampleRate = 16_000
    /// `max_audio_seconds` of one answer, default 600 s.
    public var maxAudioSeconds = 600
    /// `cache_max_bytes` of remembered sound, default 16 MiB; 0 remembers nothing.
    public var cacheMaxBytes = 16 << 20

    public init() {}
}
