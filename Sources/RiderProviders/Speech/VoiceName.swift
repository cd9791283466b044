import RiderModel

/// What the name of a voice says about its language.
///
/// | voice | language |
/// |---|---|
/// | `piper-pl`, `pl`, `pl-PL`, `en-gb`, `en+f3`, `pl_PL-gosia-medium` | the one it begins with |
/// | `default`, `alloy`, `af_heart` | none: what an engine calls its own voices is its own affair |
enum VoiceName {
    /// - Returns: two letters; nil when the name does not tell.
    static func language(of voice: String) -> String? {
        let name = voice.hasPrefix("piper-") ? voice.dropFirst("piper-".count) : voice[...]
        let code = name.prefix { $0.isASCII && $0.isLetter }
        guard code.utf8.count == 2 else { return nil }
        let rest = name[code.endIndex...]
        let isLanguage =
            switch rest.first {
            case nil, "-", "+": true
            case "_":
                // A region has two letters: `pl_PL`, but `af_heart`.
                rest.dropFirst().prefix { $0 != "-" }.utf8.count == 2
            default: false
            }
        return isLanguage ? code.lowercased() : nil
    }
}
