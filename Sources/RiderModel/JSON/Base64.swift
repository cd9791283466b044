/// The form of base64 that robot and worker agree on: standard alphabet, padded, one line.
public enum Base64 {
    /// Whether the text is not empty and exactly of that form. Robot readers are lenient: they drop foreign characters and
    /// play or show the noise that is left, so nothing else may be passed on to them.
    public static func isStandard(_ text: some Collection<UInt8>) -> Bool {
        let verdict = text.withContiguousStorageIfAvailable { isStandard(buffer: $0) }
        return verdict ?? Array(text).withUnsafeBufferPointer { isStandard(buffer: $0) }
    }

    private static func isStandard(buffer: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !buffer.isEmpty, buffer.count.isMultiple(of: 4) else { return false }
        var end = buffer.count
        while end > buffer.count - 2, buffer[end - 1] == UInt8(ascii: "=") { end -= 1 }
        for index in 0..<end {
            switch buffer[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                continue
            default: return false
            }
        }
        return true
    }
}
