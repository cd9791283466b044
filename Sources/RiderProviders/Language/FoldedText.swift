/// A text made comparable: lower case, without Polish marks, words separated by single spaces, numbers apart.
///
/// It lives in memory that the caller lends for the time of one call, so that reading a command allocates nothing.
struct FoldedText {
    struct Token {
        /// Where the folded word is.
        var start: Int32
        var end: Int32
        /// Where it begins in the original text.
        var source: Int32
        /// The value of a word made of digits; NaN for other words.
        var number: Double
    }

    /// More words are not read.
    static let maximumTokens = 512

    let bytes: UnsafeMutableBufferPointer<UInt8>
    let tokens: UnsafeMutableBufferPointer<Token>
    private(set) var count = 0
    private(set) var tokenCount = 0
    /// True when there were more words than ``maximumTokens``.
    private(set) var isCut = false

    /// - Parameters:
    ///   - source: UTF-8.
    ///   - bytes: room for twice the source and two bytes.
    ///   - tokens: room for ``maximumTokens``.
    init(
        _ source: UnsafeBufferPointer<UInt8>, bytes: UnsafeMutableBufferPointer<UInt8>,
        tokens: UnsafeMutableBufferPointer<Token>
    ) {
        self.bytes = bytes
        self.tokens = tokens
        fold(source)
    }

    private mutating func fold(_ source: UnsafeBufferPointer<UInt8>) {
        var index = 0
        var isInsideWord = false
        while index < source.count {
            let byte = source[index]
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if !isInsideWord { isInsideWord = begin(at: index) }
                append(byte | 0x20)
                index += 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if isInsideWord { endToken() }
                isInsideWord = false
                index = number(in: source, at: index)
            case UInt8(ascii: "'"):
                // Joins: don't is one word.
                index += 1
            case UInt8(ascii: "%"):
                if isInsideWord { endToken() }
                isInsideWord = false
                symbol([byte], at: index)
                index += 1
            case 0x80...:
                let length = Self.length(of: byte)
                guard index + length <= source.count else {
                    index = source.count
                    continue
                }
                if length == 2, byte == 0xC2, source[index + 1] == 0xB0 {
                    if isInsideWord { endToken() }
                    isInsideWord = false
                    symbol([0xC2, 0xB0], at: index)
                } else if length == 3, byte == 0xE2, source[index + 1] == 0x80 {
                    // General punctuation: a typographic apostrophe joins, the rest separates.
                    if source[index + 2] != 0x99 {
                        if isInsideWord { endToken() }
                        isInsideWord = false
                    }
                } else {
                    if !isInsideWord { isInsideWord = begin(at: index) }
                    if length == 2, let letter = Self.polish(byte, source[index + 1]) {
                        append(letter)
                    } else {
                        for offset in 0..<length { append(source[index + offset]) }
                    }
                }
                index += length
            default:
                if isInsideWord { endToken() }
                isInsideWord = false
                index += 1
            }
        }
        if isInsideWord { endToken() }
    }

    /// - Returns: true when there was room for another word.
    private mutating func begin(at source: Int) -> Bool {
        guard tokenCount < Self.maximumTokens else {
            isCut = true
            return false
        }
        if count > 0 {
            bytes[count] = 0x20
            count += 1
        }
        tokens[tokenCount] = Token(start: Int32(count), end: Int32(count), source: Int32(source), number: .nan)
        return true
    }

    private mutating func append(_ byte: UInt8) {
        guard !isCut else { return }
        bytes[count] = byte
        count += 1
    }

    private mutating func endToken() {
        tokens[tokenCount].end = Int32(count)
        tokenCount += 1
    }

    private mutating func symbol(_ text: [UInt8], at source: Int) {
        guard begin(at: source) else { return }
        for byte in text { append(byte) }
        endToken()
    }

    /// Reads `12`, `2.5`, `2,5`, with a minus sign that touches it.
    private mutating func number(in source: UnsafeBufferPointer<UInt8>, at start: Int) -> Int {
        var index = start
        var value = 0.0
        var scale = 1.0
        var isFraction = false
        while index < source.count {
            let digit = source[index] &- UInt8(ascii: "0")
            if digit < 10 {
                value = value * 10 + Double(digit)
                if isFraction { scale *= 10 }
                index += 1
            } else if !isFraction, source[index] == UInt8(ascii: ".") || source[index] == UInt8(ascii: ","),
                index + 1 < source.count, source[index + 1] &- UInt8(ascii: "0") < 10
            {
                isFraction = true
                index += 1
            } else {
                break
            }
        }
        let isNegative =
            start > 0 && source[start - 1] == UInt8(ascii: "-") && (start == 1 || source[start - 2] == 0x20)
        guard begin(at: start) else { return index }
        for position in start..<index { append(source[position]) }
        tokens[tokenCount].number = (isNegative ? -value : value) / scale
        endToken()
        return index
    }

    private static func length(of first: UInt8) -> Int {
        switch first {
        case 0xF0...: 4
        case 0xE0...: 3
        case 0xC0...: 2
        default: 1
        }
    }

    /// The plain letter of a Polish one; nil for others.
    private static func polish(_ first: UInt8, _ second: UInt8) -> UInt8? {
        switch (first, second) {
        case (0xC4, 0x84), (0xC4, 0x85): UInt8(ascii: "a")
        case (0xC4, 0x86), (0xC4, 0x87): UInt8(ascii: "c")
        case (0xC4, 0x98), (0xC4, 0x99): UInt8(ascii: "e")
        case (0xC5, 0x81), (0xC5, 0x82): UInt8(ascii: "l")
        case (0xC5, 0x83), (0xC5, 0x84): UInt8(ascii: "n")
        case (0xC3, 0x93), (0xC3, 0xB3): UInt8(ascii: "o")
        case (0xC5, 0x9A), (0xC5, 0x9B): UInt8(ascii: "s")
        case (0xC5, 0xB9), (0xC5, 0xBA), (0xC5, 0xBB), (0xC5, 0xBC): UInt8(ascii: "z")
        default: nil
        }
    }

    /// Folds a text of the rules.
    static func fold(_ text: String) -> [UInt8] {
        let source = Array(text.utf8)
        return withScratch(for: source.count) { bytes, tokens in
            source.withUnsafeBufferPointer { source in
                let folded = FoldedText(source, bytes: bytes, tokens: tokens)
                return Array(bytes[..<folded.count])
            }
        }
    }

    /// Lends the memory for a text of `count` bytes.
    static func withScratch<Result>(
        for count: Int,
        _ body: (UnsafeMutableBufferPointer<UInt8>, UnsafeMutableBufferPointer<Token>) -> Result
    ) -> Result {
        // Each symbol and number may need a space of its own.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count * 2 + 2) { bytes in
            withUnsafeTemporaryAllocation(of: Token.self, capacity: maximumTokens) { tokens in
                body(bytes, tokens)
            }
        }
    }
}
