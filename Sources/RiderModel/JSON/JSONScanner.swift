/// Walks over JSON text without building anything: validates strictly and tells where members begin and end.
///
/// The main path reads an envelope's header this way and passes the payload's bytes through untouched. Nesting is
/// bounded by a counter and containers are skipped without recursion, so hostile depth costs neither stack nor heap.
public struct JSONScanner {
    /// Containers may nest this deep in anything that `rider` reads.
    public static let depthLimit = 512

    let bytes: UnsafeBufferPointer<UInt8>
    public private(set) var position: Int

    public init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    // MARK: - Whole texts

    /// Validates one object that fills the whole text and visits its members in order.
    ///
    /// - Parameter visit: gets the range of the key between its quotes and the range of the value.
    public mutating func scanObject(
        _ visit: (_ key: Range<Int>, _ value: Range<Int>) throws(JSONError) -> Void
    ) throws(JSONError) {
        try begin()
        guard bytes[position] == UInt8(ascii: "{") else {
            // Only what is JSON at all earns the milder reason.
            try skipValue()
            try end()
            throw JSONError(.notAnObject, at: 0)
        }
        position += 1
        skipWhitespace()
        if try current() == UInt8(ascii: "}") {
            position += 1
            return try end()
        }
        while true {
            guard try current() == UInt8(ascii: "\"") else { throw unexpected() }
            let key = try skipString()
            skipWhitespace()
            guard try current() == UInt8(ascii: ":") else { throw unexpected() }
            position += 1
            skipWhitespace()
            let start = position
            try skipValue(depth: 1)
            try visit(key, start..<position)
            skipWhitespace()
            let separator = try current()
            position += 1
            if separator == UInt8(ascii: "}") { return try end() }
            guard separator == UInt8(ascii: ",") else {
                position -= 1
                throw unexpected()
            }
            skipWhitespace()
        }
    }

    /// Skips leading white space and refuses a text without a value.
    mutating func begin() throws(JSONError) {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        skipWhitespace()
        if position == bytes.count { throw JSONError(.empty, at: position) }
    }

    /// Refuses anything but white space behind the value.
    mutating func end() throws(JSONError) {
        skipWhitespace()
        if position != bytes.count { throw JSONError(.trailingBytes, at: position) }
    }

    // MARK: - Values

    /// Validates one value of any kind and moves behind it.
    ///
    /// - Parameter depth: how many containers are open around it already.
    public mutating func skipValue(depth: Int = 0) throws(JSONError) {
        // One bit per open container, 1 for an object: the whole stack of a legal text fits into eight words.
        var kinds = ContainerKinds()
        var open = 0
        while true {
            // At a value.
            let byte = try current()
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                if open + depth > Self.depthLimit { throw JSONError(.tooDeep, at: position) }
                let isObject = byte == UInt8(ascii: "{")
                kinds.set(open, isObject: isObject)
                position += 1
                skipWhitespace()
                if try current() == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    position += 1
                    open -= 1
                } else {
                    if isObject { try skipKey() }
                    continue
                }
            case UInt8(ascii: "\""): _ = try skipString()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try skipNumber()
            case UInt8(ascii: "t"): try skipWord("true")
            case UInt8(ascii: "f"): try skipWord("false")
            case UInt8(ascii: "n"): try skipWord("null")
            default: throw unexpected()
            }
            // Behind a value: close containers until one goes on.
            while true {
                if open == 0 { return }
                skipWhitespace()
                let separator = try current()
                let isObject = kinds.isObject(open)
                position += 1
                if separator == UInt8(ascii: ",") {
                    skipWhitespace()
                    if isObject { try skipKey() }
                    break
                }
                guard separator == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    position -= 1
                    throw unexpected()
                }
                open -= 1
            }
        }
    }

    private mutating func skipKey() throws(JSONError) {
        guard try current() == UInt8(ascii: "\"") else { throw unexpected() }
        _ = try skipString()
        skipWhitespace()
        guard try current() == UInt8(ascii: ":") else { throw unexpected() }
        position += 1
        skipWhitespace()
    }

    /// - Returns: the range between the quotes.
    mutating func skipString() throws(JSONError) -> Range<Int> {
        position += 1
        let start = position
        let count = bytes.count
        let raw = UnsafeRawBufferPointer(bytes)
        while position < count {
            // A camera frame is one long string: plain characters go by eight at a time.
            if count - position >= 8,
                Self.isPlain(raw.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            {
                position += 8
                continue
            }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return start..<(position - 1)
            }
            if byte == UInt8(ascii: "\\") {
                try skipEscape()
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: position)
            } else if byte < 0x80 {
                position += 1
            } else {
                try skipMultibyte(byte)
            }
        }
        throw JSONError(.truncated, at: position)
    }

    /// Whether none of eight bytes is a quote, a backslash, a control character or outside ASCII.
    ///
    /// The top bit of a byte of each term tells: subtracting borrows into it from what is too small, and a byte that is
    /// equal to the searched one became 0 before. Only a word that is not plain anyway lets a borrow reach its neighbour.
    private static func isPlain(_ word: UInt64) -> Bool {
        let each: UInt64 = 0x0101_0101_0101_0101
        let quote = (word ^ (each * 0x22)) &- each
        let backslash = (word ^ (each * 0x5C)) &- each
        let control = word &- each * 0x20
        return (word | quote | backslash | control) & (each * 0x80) == 0
    }

    private mutating func skipEscape() throws(JSONError) {
        let start = position
        position += 1
        let kind = try current()
        position += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            let unit = try hexadecimalUnit()
            if unit & 0xFC00 == 0xDC00 { throw JSONError(.loneSurrogate, at: start) }
            if unit & 0xFC00 == 0xD800 {
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw JSONError(.loneSurrogate, at: start) }
                position += 2
                guard try hexadecimalUnit() & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
            }
        default:
            throw JSONError(.invalidEscape, at: start)
        }
    }

    mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = try current()
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw JSONError(.invalidEscape, at: position)
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    /// Accepts exactly the byte sequences of the Unicode standard's table 3-7: no overlong form, no surrogate.
    private mutating func skipMultibyte(_ first: UInt8) throws(JSONError) {
        let start = position
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw JSONError(.invalidUTF8, at: start)
        }
        guard start + length <= bytes.count, second.contains(bytes[start + 1]) else {
            throw JSONError(.invalidUTF8, at: start)
        }
        for offset in 2..<max(length, 2) where bytes[start + offset] & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: start)
        }
        position = start + length
    }

    /// - Returns: the number's range; it is known to fit a Double without becoming infinite.
    mutating func skipNumber() throws(JSONError) -> Range<Int> {
        let start = position
        var hasExponent = false
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let digits = position
        skipDigits()
        guard position > digits, position - digits == 1 || bytes[digits] != UInt8(ascii: "0") else {
            throw JSONError(.invalidNumber, at: start)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            skipDigits()
            guard position > fraction else { throw JSONError(.invalidNumber, at: start) }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            hasExponent = true
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
                position += 1
            }
            let exponent = position
            skipDigits()
            guard position > exponent else { throw JSONError(.invalidNumber, at: start) }
        }
        // A number of up to 300 characters without an exponent is finite: only the rest is worth a look.
        if hasExponent || position - start > 300 {
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            guard let value = Double(text), value.isFinite else { throw JSONError(.numberOutOfRange, at: start) }
        }
        return start..<position
    }

    private mutating func skipDigits() {
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    }

    private mutating func skipWord(_ word: StaticString) throws(JSONError) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count else { throw JSONError(.truncated, at: position) }
            guard bytes[position] == word.utf8Start[index] else { throw JSONError(.unexpectedByte, at: start) }
            position += 1
        }
    }

    mutating func skipWhitespace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    func current() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.truncated, at: position) }
        return bytes[position]
    }

    func unexpected() -> JSONError {
        JSONError(.unexpectedByte, at: position)
    }
}

/// Which of the open containers are objects, one bit each.
private struct ContainerKinds {
    private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
        (0, 0, 0, 0, 0, 0, 0, 0, 0)

    mutating func set(_ index: Int, isObject: Bool) {
        withUnsafeMutableBytes(of: &words) { bytes in
            let mask = UInt8(1) << UInt8(index & 7)
            if isObject { bytes[index >> 3] |= mask } else { bytes[index >> 3] &= ~mask }
        }
    }

    func isObject(_ index: Int) -> Bool {
        withUnsafeBytes(of: words) { $0[index >> 3] & (1 << UInt8(index & 7)) != 0 }
    }
}
