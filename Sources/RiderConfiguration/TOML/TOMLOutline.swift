/// Where the keys of a TOML text stand and what the comments above them say. The parser knows neither.
///
/// Only for texts that the parser has accepted.
struct TOMLOutline {
    private var lines: [String: Int] = [:]
    private var comments: [String: String] = [:]

    private var rest: ArraySlice<UInt8>
    private var line = 1
    private var section = ""
    /// Comment lines since the last key or blank line.
    private var block: [String] = []
    /// The comment of the key on the line above, which a key without one shares.
    private var shared = ""

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
        while !rest.isEmpty { readLine() }
    }

    /// The line of a key, or of the table around it.
    func line(of key: String) -> Int {
        var path = key[...]
        while true {
            if let line = lines[String(path)] { return line }
            guard let dot = path.lastIndex(of: ".") else { return 1 }
            path = path[..<dot]
        }
    }

    func comment(of key: String) -> String { comments[key] ?? "" }

    // MARK: - Reading

    private mutating func readLine() {
        skipBlanks()
        switch rest.first {
        case UInt8(ascii: "\n"):
            (block, shared) = ([], "")
            advance()
        case UInt8(ascii: "#"):
            rest.removeFirst()
            block.append(upToLineEnd().trimmingBlanks)
        case UInt8(ascii: "["):
            let header = upToLineEnd()
            let inner = header.prefix { $0 != "]" }.drop { $0 == "[" }
            section = Self.path(inner)
            lines[section] = line - 1
            (block, shared) = ([], "")
        case .some: readKey()
        case nil: break
        }
    }

    private mutating func readKey() {
        var name: [UInt8] = []
        while let byte = rest.first, byte != UInt8(ascii: "=") {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                name.append(contentsOf: skipQuoted())
            } else {
                name.append(byte)
                advance()
            }
        }
        let key = (section.isEmpty ? "" : section + ".") + Self.path(String(decoding: name, as: UTF8.self))
        lines[key] = line
        if !block.isEmpty { shared = Self.joined(block) }
        comments[key] = shared
        block = []
        skipValue()
    }

    /// Moves behind the line on which the value ends.
    private mutating func skipValue() {
        var depth = 0
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = skipQuoted()
            case UInt8(ascii: "#"): while let byte = rest.first, byte != UInt8(ascii: "\n") { advance() }
            case UInt8(ascii: "\n"):
                advance()
                if depth <= 0 { return }
            default:
                if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
                advance()
            }
        }
    }

    /// Moves behind a text in quotes of any of the four kinds and returns it with its quotes.
    private mutating func skipQuoted() -> ArraySlice<UInt8> {
        let start = rest
        guard let quote = rest.first else { return [] }
        let width = rest.starts(with: [quote, quote, quote]) ? 3 : 1
        let closing = Array(repeating: quote, count: width)
        for _ in 0..<width { advance() }
        while !rest.isEmpty, !rest.starts(with: closing) {
            if quote == UInt8(ascii: "\""), rest.first == UInt8(ascii: "\\") { advance() }
            advance()
        }
        for _ in 0..<width { advance() }
        return start[start.startIndex..<rest.startIndex]
    }

    private mutating func skipBlanks() {
        while let byte = rest.first,
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        {
            rest.removeFirst()
        }
    }

    private mutating func upToLineEnd() -> String {
        let content = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[content.endIndex...]
        advance()
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func advance() {
        if rest.popFirst() == UInt8(ascii: "\n") { line += 1 }
    }

    private static func path(_ written: some StringProtocol) -> String {
        written.split(separator: ".").map { part in
            let bare = part.trimmingBlanks
            guard let quote = bare.first, bare.count > 1, quote == "\"" || quote == "'" else { return bare }
            return String(bare.dropFirst().dropLast())
        }.joined(separator: ".")
    }

    /// One sentence after the other, without the runs of blanks that align remarks in the file.
    private static func joined(_ block: [String]) -> String {
        block.joined(separator: " ").split(separator: " ").joined(separator: " ")
    }
}
