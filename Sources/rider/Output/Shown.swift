/// How values look for people, besides `HumanText`.
enum Shown {
    /// `1,234,567`
    static func count(_ number: some BinaryInteger) -> String {
        var digits = Array(String(number.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
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
