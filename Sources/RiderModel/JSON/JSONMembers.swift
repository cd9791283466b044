/// The members of one JSON object, each still as the bytes in which it was received.
///
/// For places that look at a few fields and pass the others through: a camera frame is never copied to be looked at.
public struct JSONMembers: Sendable {
    public struct Member: Sendable {
        public let key: String
        /// The value's bytes: valid JSON of any kind.
        public let value: ArraySlice<UInt8>
        /// Key, colon and value as they were written.
        public let text: ArraySlice<UInt8>
    }

    /// In order of appearance.
    public let members: [Member]

    /// Validates one whole object.
    public init(scanning bytes: ArraySlice<UInt8>) throws(JSONError) {
        let scanned = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONError) -> [Member] in
                var members: [Member] = []
                var scanner = JSONScanner(buffer)
                try scanner.scanObject { key, value throws(JSONError) in
                    let start = bytes.startIndex
                    members.append(
                        Member(
                            key: JSONScanner(buffer).decodeString(key),
                            value: bytes[(start + value.lowerBound)..<(start + value.upperBound)],
                            text: bytes[(start + key.lowerBound - 1)..<(start + value.upperBound)]))
                }
                return members
            }
        }
        members = try scanned.get()
    }

    public init(scanning bytes: [UInt8]) throws(JSONError) {
        try self.init(scanning: bytes[...])
    }

    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member; of equal keys the last one counts, as in Python. A `null` is a value.
    public subscript(key: String) -> ArraySlice<UInt8>? {
        members.last { $0.key == key }?.value
    }

    /// The member taken apart; nil when it is absent or `null`.
    public func value(_ key: String) -> JSONValue? {
        guard let bytes = self[key], let value = try? JSONValue(parsing: bytes), !value.isNull else { return nil }
        return value
    }
}

extension JSONMembers.Member {
    public var isString: Bool { value.first == UInt8(ascii: "\"") }
}
