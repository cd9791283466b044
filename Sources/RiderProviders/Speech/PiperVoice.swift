/// The Piper voice that a task's `voice` stands for.
///
/// | task | Piper |
/// |---|---|
/// | `default`, null, absent | the configured voice |
/// | `piper-pl`, `pl`, `pl-PL` | the configured voice when it is of that language, else another engine's turn |
/// | `en_US-lessac-medium` | that one |
enum PiperVoice {
    static func name(for voice: String, default configured: String) throws(EngineError) -> String {
        if voice == "default" { return configured }
        let name = voice.hasPrefix("piper-") ? String(voice.dropFirst("piper-".count)) : voice
        // The name becomes a part of a path and an argument: nothing that could lead elsewhere.
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, let first = name.first, first.isLetter, name.utf8.count <= 80 else {
            throw .payload("voice is not a name: use letters, digits, - + and _")
        }
        if name.contains("_") { return name }
        guard let language = TranscriptionRequest.code(name), configured.lowercased().hasPrefix(language) else {
            throw .unsuited("\(configured) does not speak as \(name)")
        }
        return configured
    }
}
