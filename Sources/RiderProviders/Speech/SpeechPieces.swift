/// Cuts a text where a speaker would draw breath.
enum SpeechPieces {
    /// A shorter text is said in one piece.
    static let shortest = 60
    /// A sentence that is longer is cut at commas, then between words.
    static let longest = 240

    /// - Returns: the pieces in order, at least one. Together they have all the words of the text.
    static func split(_ text: String) -> [String] {
        guard text.count > longest || text.count > shortest && text.contains(where: isEnd) else { return [text] }
        var pieces: [String] = []
        var piece = ""
        func finish() {
            let trimmed = piece.trimmed
            if !trimmed.isEmpty { pieces.append(trimmed) }
            piece = ""
        }
        var characters = text.makeIterator()
        var next = characters.next()
        while let character = next {
            next = characters.next()
            piece.append(character)
            let isFollowedByGap = next.map { $0.isWhitespace } ?? true
            let isLong = piece.count >= longest
            if character.isNewline || isEnd(character) && isFollowedByGap {
                // "3.5 m" has no gap, "np. " and "Dr. " are too short to stand alone.
                if piece.trimmed.count >= shortest / 2 { finish() }
            } else if isLong && (isPause(character) && isFollowedByGap || character.isWhitespace) {
                finish()
            } else if piece.count >= 2 * longest {
                // A word without end.
                finish()
            }
        }
        finish()
        // A last word or two belong to the sentence before.
        if pieces.count > 1, let last = pieces.last, last.count < shortest / 4 {
            pieces.removeLast()
            pieces[pieces.count - 1] += " " + last
        }
        return pieces.isEmpty ? [text] : pieces
    }

    private static func isEnd(_ character: Character) -> Bool { ".!?…".contains(character) }
    private static func isPause(_ character: Character) -> Bool { ",;:–—".contains(character) }
}

extension String {
    fileprivate var trimmed: String {
        let start = drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
