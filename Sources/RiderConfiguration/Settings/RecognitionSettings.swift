import Configuration

/// `[voice.asr]`: text from speech.
public struct RecognitionSettings: Sendable {
    /// Empty: none yet; or `mock`.
    public var engine: String

    init(_ reader: ConfigReader) throws {
        engine = try reader.requiredString(forKey: "engine")
    }
}
