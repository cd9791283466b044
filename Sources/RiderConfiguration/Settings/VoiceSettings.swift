import Configuration

/// `[voice]`: the voice provider.
public struct VoiceSettings: Sendable {
    public var isEnabled: Bool
    public var maxConcurrentTasks: Int
    public var timeout: Duration
    /// Speech from text.
    public var tts: SpeechSettings
    /// Text from speech.
    public var asr: RecognitionSettings

    init(_ reader: ConfigReader, schema: Schema) throws {
        isEnabled = try reader.requiredBool(forKey: "enabled")
        maxConcurrentTasks = try reader.requiredInt(forKey: "max_concurrent_tasks")
        timeout = .seconds(try reader.requiredInt(forKey: "timeout_seconds"))
        tts = try SpeechSettings(reader.scoped(to: "tts"), schema: schema)
        asr = try RecognitionSettings(reader.scoped(to: "asr"), schema: schema)
    }
}
