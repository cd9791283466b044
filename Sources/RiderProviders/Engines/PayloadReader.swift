import RiderModel

/// Reads the few fields of a payload that an engine needs, without taking the rest apart.
///
/// A payload may hold megabytes of base64 text; that text is never copied here.
struct PayloadReader {
    let bytes: ArraySlice<UInt8>
    private var fields: [(key: StaticString, value: Range<Int>)] = []

    /// - Parameter keys: the members to find; of duplicates the last one counts.
    init(_ bytes: ArraySlice<UInt8>, keys: StaticString...) throws(EngineError) {
        self.bytes = bytes
        let start = bytes.startIndex
        let found = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) -> [(key: StaticString, value: Range<Int>)] in
                var fields: [(key: StaticString, value: Range<Int>)] = []
                var scanner = JSONScanner(buffer)
                try scanner.scanObject { key, value throws(JSONError) in
                    let text = UnsafeBufferPointer(rebasing: buffer[key])
                    guard let known = keys.first(where: { text.spells($0) }) else { return }
                    let place = (value.lowerBound + start)..<(value.upperBound + start)
                    fields.removeAll { $0.key.utf8Start == known.utf8Start }
                    fields.append((known, place))
                }
                return fields
            }
        }
        switch found {
        case .success(let fields): self.fields = fields
        case .failure(let error): throw .payload("Payload is not a JSON object: \(error)")
        }
    }

    /// The JSON text of a member; nil when it is absent or null.
    func raw(_ key: StaticString) -> ArraySlice<UInt8>? {
        let place = fields.first { field in field.key.withUTF8Buffer { $0.spells(key) } }
        guard let place, bytes[place.value.lowerBound] != UInt8(ascii: "n") else { return nil }
        return bytes[place.value]
    }

    /// The value of a member; nil when it is absent or null.
    func value(_ key: StaticString) -> JSONValue? {
        raw(key).flatMap { text in
            // The scanner has been over it already: it parses.
            try? JSONValue(parsing: text)
        }
    }

    /// A text member.
    ///
    /// - Throws: when it is there and no string.
    func string(_ key: StaticString) throws(EngineError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw .payload("\(key) must be a string") }
        return string
    }

    /// A text member that must be there and not be empty.
    func requiredString(_ key: StaticString) throws(EngineError) -> String {
        guard let string = try string(key), !string.isEmpty else { throw .payload("Missing \(key) in payload") }
        return string
    }

    /// A number member.
    ///
    /// - Throws: when it is there and no number.
    func number(_ key: StaticString) throws(EngineError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double else { throw .payload("\(key) must be a number") }
        return number
    }

    /// The quoted JSON text of a member that must be a string and not be empty: for base64 that goes on to an engine unread.
    func requiredStringText(_ key: StaticString) throws(EngineError) -> ArraySlice<UInt8> {
        guard let text = raw(key) else { throw .payload("Missing \(key) in payload") }
        guard text.first == UInt8(ascii: "\"") else { throw .payload("\(key) must be a string") }
        guard text.count > 2 else { throw .payload("Missing \(key) in payload") }
        return text
    }
}
