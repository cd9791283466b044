import RiderModel

/// How values look for people, besides `HumanText`.
enum Shown {
    /// `1,234,567`
    static func count(_ number: some BinaryInteger) -> String {
        HumanText.count(number)
    }

    /// Foreign text on one line: no control characters, at most `limit` characters.
    static func line(_ text: some StringProtocol, limit: Int) -> String {
        let visible = text.unicodeScalars.prefix(limit).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar
        }
        let head = String(String.UnicodeScalarView(visible))
        return text.unicodeScalars.count > limit ? head + "…" : head
    }
}
