import Configuration

/// `[voice.asr]`: text from speech.
public struct RecognitionSettings: Sendable {
    public var engines: EngineListSettings
    /// Of speech that comes without one, in two letters.
    public var language: String
    /// Longer sound fails.
    public var maxAudioSeconds: Int
    /// 1…10, of tasks made from `voice.asr.request`.
    public var priority: Int
    /// A task not started by then is not worth it.
    public var deadline: Duration
    /// Cuts the robot's microphone.
    public var utterance: UtteranceSettings

    init(_ reader: ConfigReader, schema: Schema) throws {
        engines = try EngineListSettings(reader, section: "voice.asr", schema: schema)
        language = try reader.requiredString(forKey: "language")
        maxAudioSeconds = try reader.requiredInt(forKey: "max_audio_seconds")
        priority = try reader.requiredInt(forKey: "priority")
        deadline = .milliseconds(try reader.requiredInt(forKey: "deadline_ms"))
        utterance = try UtteranceSettings(reader.scoped(to: "utterance"))
    }
}
