import Configuration

/// `[voice.tts]`: speech from text.
public struct SpeechSettings: Sendable {
    /// `espeak-ng` or `mock`.
    public var engine: String
    /// The program.
    public var command: String
    /// For tasks whose voice is `default`.
    public var voice: String
    /// Hz.
    public var sampleRate: Int
    /// Longer speech fails.
    public var maxAudioSeconds: Int
    /// 1…10, of tasks made from `voice.tts.request`.
    public var priority: Int

    init(_ reader: ConfigReader) throws {
        engine = try reader.requiredString(forKey: "engine")
        command = try reader.requiredString(forKey: "command")
        voice = try reader.requiredString(forKey: "voice")
        sampleRate = try reader.requiredInt(forKey: "sample_rate")
        maxAudioSeconds = try reader.requiredInt(forKey: "max_audio_seconds")
        priority = try reader.requiredInt(forKey: "priority")
    }
}
