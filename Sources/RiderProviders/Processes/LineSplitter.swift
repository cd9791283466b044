/// Cuts a stream of bytes into lines of limited length.
struct LineSplitter {
    /// What happens to the rest of a longer line.
    enum Overflow {
        /// The line is cut; its rest is dropped.
        case cut
        /// The stream is given up.
        case refuse
    }

    struct LineTooLong: Error {}

    let limit: Int
    let overflow: Overflow
    private var line: [UInt8] = []
    private var isCut = false

    init(limit: Int, overflow: Overflow) {
        self.limit = limit
        self.overflow = overflow
    }

    /// What came after the last line end.
    var rest: [UInt8] { line }

    /// Takes more of the stream and returns the lines that it completes, without their ends.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(LineTooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try take(rest[..<end])
            lines.append(line)
            line = []
            isCut = false
            rest = rest[(end + 1)...]
        }
        try take(rest)
        return lines
    }

    private mutating func take(_ part: Slice<UnsafeRawBufferPointer>) throws(LineTooLong) {
        let room = limit - line.count
        if part.count > room {
            if overflow == .refuse { throw LineTooLong() }
            isCut = true
        }
        if !isCut || line.count < limit { line += part.prefix(room) }
    }
}
