import RiderModel

/// The payload of `text.nlu`.
struct UnderstandingRequest {
    enum Part: String, CaseIterable {
        case intent, entities, sentiment
    }

    static let standardParts: [Part] = [.intent, .entities]
    /// Longer texts are no commands.
    static let maximumCharacters = 5000

    /// The string's JSON text, quotes included.
    let quotedText: ArraySlice<UInt8>
    /// In the order of the request.
    let parts: [Part]

    /// - Throws: ``EngineError/payload(_:)``.
    ///
    /// A `task` key, shown in an old guide, is not read. `tasks` as a string counts as a list of that one part.
    init(_ payload: ArraySlice<UInt8>) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "text", "tasks")
        quotedText = try reader.requiredStringText("text")
        guard let tasks = reader.value("tasks") else {
            parts = Self.standardParts
            return
        }
        let names: [JSONValue]
        switch tasks {
        case .array(let values): names = values
        case .string: names = [tasks]
        default: throw .payload("tasks must be a list of intent, entities, sentiment")
        }
        var parts: [Part] = []
        for name in names {
            guard let part = name.string.flatMap(Part.init) else {
                throw .payload("Unknown task in tasks: use intent, entities, sentiment")
            }
            if !parts.contains(part) { parts.append(part) }
        }
        self.parts = parts
    }

    /// Lends the text as UTF-8. Only a text with escapes is decoded into memory of its own.
    ///
    /// - Throws: ``EngineError/payload(_:)`` when it is too long.
    func withText<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) throws(EngineError) -> (
        Result, characters: Int
    ) {
        let isPlain = !quotedText.contains(UInt8(ascii: "\\"))
        let result: (Result, Int)? = quotedText.withUnsafeBufferPointer { quoted in
            let inside = UnsafeBufferPointer(rebasing: quoted[1..<(quoted.count - 1)])
            if isPlain {
                return Self.limited(inside, body)
            }
            let decoded = JSONScanner(quoted).decodeString(1..<(quoted.count - 1))
            var utf8 = ContiguousArray(decoded.utf8)
            return utf8.withUnsafeMutableBufferPointer { Self.limited(UnsafeBufferPointer($0), body) }
        }
        guard let result else {
            throw .payload("Text too long (max \(Self.maximumCharacters) chars)")
        }
        return result
    }

    private static func limited<Result>(
        _ text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> (Result, Int)? {
        var characters = 0
        for byte in text where byte & 0xC0 != 0x80 { characters += 1 }
        return characters <= maximumCharacters ? (body(text), characters) : nil
    }
}
