import RiderModel

/// The payload of `voice.tts`.
struct SpeechRequest: Sendable, Hashable {
    static let maximumCharacters = 5000

    var text: String
    /// As the task names it; `default` when it names none.
    var voice: String
    /// 1.0 is normal.
    var speed: Double

    init(_ payload: ArraySlice<UInt8>) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "text", "voice", "speed")
        text = try reader.requiredString("text")
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw .payload("Text cannot be empty")
        }
        guard text.unicodeScalars.count <= Self.maximumCharacters else {
            throw .payload("Text too long (max \(Self.maximumCharacters) chars)")
        }
        let voice = try reader.string("voice") ?? ""
        self.voice = voice.isEmpty ? "default" : voice
        speed = try reader.number("speed") ?? 1
        guard speed > 0 else { throw .payload("speed must be above 0") }
    }
}
