/// Why a text is not the JSON that `rider` accepts (RFC 8259, UTF-8 without a byte order mark, bounded depth).
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case empty = "empty text"
        case truncated = "text ends inside a value"
        case unexpectedByte = "unexpected byte"
        case trailingBytes = "bytes after the value"
        case invalidUTF8 = "not UTF-8"
        case byteOrderMark = "starts with a byte order mark"
        case controlCharacter = "unescaped control character in a string"
        case invalidEscape = "invalid escape in a string"
        case loneSurrogate = "unpaired surrogate escape"
        case invalidNumber = "invalid number"
        case numberOutOfRange = "number out of range"
        case tooDeep = "nested too deeply"
        case notAnObject = "not a JSON object"
    }

    public let reason: Reason
    /// Where it was noticed, in bytes from the beginning.
    public let offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
