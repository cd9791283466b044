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
    /// `voice.asr.engine`: empty (default) means that there is none; or `mock`.
    public var asrEngine = ""

    public init() {}
}

/// Settings of `voice.tts`: section `voice.tts`.
public struct SpeechConfiguration: Sendable, Hashable {
    /// `engine`: `espeak-ng` (default) or `mock`.
    public var engine = "espeak-ng"
    /// `command`: the program, a path or a name to be found in PATH, default `espeak-ng`.
    public var command = "espeak-ng"
    /// `voice` for tasks whose voice is `default`, default `pl`.
    public var voice = "pl"
    /// `sample_rate` of the answer in Hz, default 16000, which is what the robot plays.
    public var sampleRate = 16_000
    /// `max_audio_seconds` of one answer, default 600 s.
    public var maxAudioSeconds = 600

    public init() {}
}
