/// Appends numbers to stored bytes; ``ByteReader`` reads them.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) {
        bytes.append(value)
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func signedVarint(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// The low bytes of a word, the lowest first.
    mutating func word(_ value: UInt64, bytes count: Int = 8) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    mutating func append(_ more: [UInt8]) {
        bytes.append(contentsOf: more)
    }

    static func varintLength(_ value: Int64) -> Int {
        let folded = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        return folded == 0 ? 1 : (70 - folded.leadingZeroBitCount) / 7
    }
}
