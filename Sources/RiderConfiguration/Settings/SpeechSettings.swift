import Configuration

/// `[voice.tts]`: speech from text.
public struct SpeechSettings: Sendable {
    public var engines: EngineListSettings
    /// Hz.
    public var sampleRate: Int
    /// Longer speech fails.
    public var maxAudioSeconds: Int
    /// 1…10, of tasks made from `voice.tts.request`.
    public var priority: Int
    /// Of remembered sound.
    public var cacheMaxBytes: Int

    init(_ reader: ConfigReader, schema: Schema) throws {
        engines = try EngineListSettings(reader, section: "voice.tts", schema: schema)
        sampleRate = try reader.requiredInt(forKey: "sample_rate")
        maxAudioSeconds = try reader.requiredInt(forKey: "max_audio_seconds")
        priority = try reader.requiredInt(forKey: "priority")
        cacheMaxBytes = try reader.requiredInt(forKey: "cache_max_bytes")
    }
}
