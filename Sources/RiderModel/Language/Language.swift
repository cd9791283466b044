/// A language that robots and the people around them speak.
public enum Language: String, Sendable, Hashable, CaseIterable {
    case polish = "pl"
    case english = "en"

    /// Reads a tag of any spelling: `pl`, `pl-PL`, `pl_PL.UTF-8`, `en-gb`, `pol`, `eng`; nil for other languages.
    public init?(tag: String) {
        let tag = tag.lowercased()
        guard let first = tag.split(whereSeparator: { !$0.isLetter }).first else { return nil }
        switch first {
        case "pl", "pol", "polish", "polski": self = .polish
        case "en", "eng", "english", "angielski": self = .english
        default: return nil
        }
    }

    /// Guesses from a text: by the letters that only Polish has, else by the commonest words of both.
    ///
    /// - Returns: nil when the text could be either.
    public init?(ofText text: String) {
        // More says nothing more.
        let text = text.prefix(2000).lowercased()
        if text.unicodeScalars.contains(where: Self.polishLetters.contains) {
            self = .polish
            return
        }
        var balance = 0
        for word in text.split(whereSeparator: { !$0.isLetter }) {
            if Self.polishWords.contains(String(word)) { balance += 1 }
            if Self.englishWords.contains(String(word)) { balance -= 1 }
        }
        if balance == 0 { return nil }
        self = balance > 0 ? .polish : .english
    }

    private static let polishLetters = Set("ąćęłńśźż".unicodeScalars)
    /// Common words without marks that the other language does not have. People often type without the marks.
    private static let polishWords: Set<String> = [
        "ale", "bo", "byc", "co", "czy", "dla", "gdzie", "i", "ile", "jak", "jaka", "jaki", "jakie", "jedz", "jest",
        "jestem", "jestes", "kiedy", "kto", "mi", "mnie", "moze", "na", "nie", "o", "od", "po", "powiedz", "prosze",
        "przez", "robi", "sie", "teraz", "to", "tylko", "w", "widzisz", "z", "za", "ze", "zrob",
    ]
    private static let englishWords: Set<String> = [
        "and", "are", "can", "could", "describe", "explain", "for", "from", "hello", "how", "in", "is", "it", "me",
        "of",
        "please", "say", "tell", "the", "there", "this", "turn", "what", "where", "which", "who", "why", "with", "you",
        "your",
    ]
}
