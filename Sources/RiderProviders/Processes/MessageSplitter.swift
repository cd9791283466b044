/// Cuts what a coprocess writes into messages of limited length: lines, or bytes behind their count.
struct MessageSplitter {
    struct MessageTooLong: Error {}

    private let limit: Int
    private var lines: LineSplitter?
    private var buffer: [UInt8] = []

    init(isFramed: Bool, limit: Int) {
        self.limit = limit
        if !isFramed { lines = LineSplitter(limit: limit, overflow: .refuse) }
    }

    /// Takes more of the stream and returns the messages that it completes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(MessageTooLong) -> [[UInt8]] {
        if lines != nil {
            do {
                return try lines?.append(bytes) ?? []
            } catch {
                throw MessageTooLong()
            }
        }
        buffer += bytes
        var messages: [[UInt8]] = []
        var start = 0
        while buffer.count - start >= 4 {
            let count = buffer[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
            guard count <= limit else { throw MessageTooLong() }
            let end = start + 4 + count
            guard end <= buffer.count else { break }
            messages.append(Array(buffer[(start + 4)..<end]))
            start = end
        }
        buffer.removeFirst(start)
        return messages
    }
}
