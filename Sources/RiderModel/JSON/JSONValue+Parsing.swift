extension JSONValue {
    /// Parses a whole text.
    ///
    /// - Throws: ``JSONError`` with the place of the first fault; see there for what is accepted.
    public init(parsing bytes: some Collection<UInt8>) throws(JSONError) {
        let result: Result<JSONValue, JSONError>? = bytes.withContiguousStorageIfAvailable { buffer in
            Self.parse(buffer)
        }
        if let result {
            self = try result.get()
        } else {
            let copy = Array(bytes)
            self = try copy.withUnsafeBufferPointer { Self.parse($0) }.get()
        }
    }

    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    private static func parse(_ buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> {
        Result { () throws(JSONError) -> JSONValue in
            var scanner = JSONScanner(buffer)
            try scanner.begin()
            let value = try scanner.parseValue(depth: 0)
            try scanner.end()
            return value
        }
    }
}

extension JSONScanner {
    /// Recursion is bounded by ``depthLimit``.
    mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        switch try current() {
        case UInt8(ascii: "{"): return try parseObject(depth: depth + 1)
        case UInt8(ascii: "["): return try parseArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(decodeString(try skipString()))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return number(in: try skipNumber())
        case UInt8(ascii: "t"):
            try skipValue()
            return .bool(true)
        case UInt8(ascii: "f"):
            try skipValue()
            return .bool(false)
        case UInt8(ascii: "n"):
            try skipValue()
            return .null
        default: throw unexpected()
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONValue {
        if depth > Self.depthLimit { throw JSONError(.tooDeep, at: position) }
        var members: [JSONValue.Member] = []
        try separated(closing: UInt8(ascii: "}")) { scanner throws(JSONError) in
            guard try scanner.current() == UInt8(ascii: "\"") else { throw scanner.unexpected() }
            let key = scanner.decodeString(try scanner.skipString())
            scanner.skipWhitespace()
            guard try scanner.current() == UInt8(ascii: ":") else { throw scanner.unexpected() }
            try scanner.step()
            members.append(.init(key, try scanner.parseValue(depth: depth)))
        }
        return .object(members)
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> JSONValue {
        if depth > Self.depthLimit { throw JSONError(.tooDeep, at: position) }
        var values: [JSONValue] = []
        try separated(closing: UInt8(ascii: "]")) { scanner throws(JSONError) in
            values.append(try scanner.parseValue(depth: depth))
        }
        return .array(values)
    }

    private mutating func separated(
        closing: UInt8, _ element: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        try step()
        if try current() == closing {
            advance()
            return
        }
        while true {
            try element(&self)
            skipWhitespace()
            let byte = try current()
            if byte == closing {
                advance()
                return
            }
            guard byte == UInt8(ascii: ",") else { throw unexpected() }
            try step()
        }
    }

    /// Moves behind the current byte and the white space that follows it.
    private mutating func step() throws(JSONError) {
        advance()
        skipWhitespace()
    }

    private mutating func advance() {
        self = JSONScanner(bytes, at: position + 1)
    }

    private func number(in range: Range<Int>) -> JSONValue {
        let text = String(decoding: bytes[range], as: UTF8.self)
        if let integer = Int64(text) { return .integer(integer) }
        // `skipNumber` has already refused what is not finite.
        return .number(Double(text) ?? 0)
    }

    /// Decodes the content of a string that ``skipString()`` has validated.
    public func decodeString(_ range: Range<Int>) -> String {
        guard bytes[range].contains(UInt8(ascii: "\\")) else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var units: [UInt8] = []
        units.reserveCapacity(range.count)
        var scanner = JSONScanner(bytes, at: range.lowerBound)
        while scanner.position < range.upperBound {
            let byte = bytes[scanner.position]
            scanner.advance()
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                continue
            }
            let kind = bytes[scanner.position]
            scanner.advance()
            switch kind {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0C)
            case UInt8(ascii: "n"): units.append(0x0A)
            case UInt8(ascii: "r"): units.append(0x0D)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"): units.append(contentsOf: scanner.scalarBehindEscape().utf8)
            default: units.append(kind)
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    private mutating func scalarBehindEscape() -> Character {
        guard let first = try? hexadecimalUnit() else { return "\u{FFFD}" }
        var code = UInt32(first)
        if first & 0xFC00 == 0xD800 {
            advance()
            advance()
            guard let second = try? hexadecimalUnit() else { return "\u{FFFD}" }
            code = 0x10000 + (UInt32(first) & 0x3FF) << 10 + (UInt32(second) & 0x3FF)
        }
        return Unicode.Scalar(code).map(Character.init) ?? "\u{FFFD}"
    }
}
