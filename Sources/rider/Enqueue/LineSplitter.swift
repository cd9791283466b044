/// Cuts a stream of bytes into lines of limited length.
struct LineSplitter {
    /// A line of input with its number, the first one being 1.
    struct Line: Sendable, Hashable {
        var number: Int
        /// Without the line end; nil when the line is longer than the limit.
        var bytes: [UInt8]?
    }

    private let limit: Int
    private var partial: [UInt8] = []
    private var isTooLong = false
    private var number = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func split(_ chunk: some Collection<UInt8>, into lines: inout [Line]) {
        var rest = chunk[chunk.startIndex...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            finish(into: &lines)
            rest = rest[rest.index(after: end)...]
        }
        take(rest)
    }

    /// The last line may lack its line end.
    mutating func end(into lines: inout [Line]) {
        if isTooLong || !partial.isEmpty { finish(into: &lines) }
    }

    private mutating func take(_ bytes: some Collection<UInt8>) {
        guard !isTooLong else { return }
        if partial.count + bytes.count > limit {
            isTooLong = true
            partial = []
        } else {
            partial.append(contentsOf: bytes)
        }
    }

    private mutating func finish(into lines: inout [Line]) {
        number += 1
        if partial.last == UInt8(ascii: "\r") { partial.removeLast() }
        lines.append(Line(number: number, bytes: isTooLong ? nil : partial))
        partial = []
        isTooLong = false
    }
}
