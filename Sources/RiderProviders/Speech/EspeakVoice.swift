/// The espeak-ng voice that a task's `voice` stands for.
///
/// | task | espeak-ng |
/// |---|---|
/// | `default`, null, absent | the configured voice |
/// | `piper-pl` | `pl`: robots ask for voices of another program; the language is what can be kept |
/// | `pl_PL-gosia-medium`, `en_US-lessac-medium` | `pl`, `en-us`: the same, in that program's own spelling |
/// | anything else | taken as an espeak-ng voice: `pl`, `en-gb`, `en+f3` |
enum EspeakVoice {
    static func name(for voice: String, default configured: String) throws(EngineError) -> String {
        var name = voice == "default" ? configured : voice
        if name.hasPrefix("piper-") { name.removeFirst("piper-".count) }
        if let underscore = name.firstIndex(of: "_") {
            guard VoiceName.language(of: name) != nil else {
                throw .unsuited("espeak-ng has no voice \(name.prefix(80))")
            }
            let language = name[..<underscore]
            let region = name[name.index(after: underscore)...].prefix { $0 != "-" }
            // espeak-ng has regions for English and a few others only; Polish of Poland is plain `pl`.
            name = language == "en" ? "en-\(region.lowercased())" : String(language)
        }
        // The name becomes an argument of a program: nothing but letters, digits, - + and a letter first.
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        guard isPlain, let first = name.first, first.isLetter, name.utf8.count <= 40 else {
            throw .payload("voice is not a name: use letters, digits, - and +")
        }
        return name
    }

    /// Words per minute; 175 is normal. espeak-ng itself goes from 80 to 450.
    static func wordsPerMinute(at speed: Double) -> Int {
        Int(min(450, max(80, 175 * speed)).rounded())
    }
}
