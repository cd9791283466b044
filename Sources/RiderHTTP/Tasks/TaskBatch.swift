import RiderModel

/// The tasks of one request body, each read or refused on its own.
struct TaskBatch: Sendable {
    /// How the body is written.
    enum Format: Sendable {
        /// One envelope, or an array of them.
        case json
        /// One envelope per line; empty lines do not count.
        case lines

        /// - Returns: nil for a content type that carries no tasks.
        init?(contentType: String?) {
            let type = contentType?.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
            switch type {
            case "application/json": self = .json
            case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines":
                self = .lines
            default: return nil
            }
        }
    }

    /// Why nothing of the body can be used.
    enum Failure: Error, Hashable, Sendable {
        case empty
        /// The text around the elements is broken, so the elements cannot be told apart.
        case broken(JSONError, index: Int)
        case tooMany(limit: Int)
    }

    let items: [Result<TaskEnvelope, EnvelopeError>]

    /// - Parameters:
    ///   - limit: more tasks are refused together.
    ///   - makeID: names a task that came without a `task_id`.
    init(_ body: [UInt8], format: Format, limit: Int, makeID: () -> String) throws(Failure) {
        let ranges =
            switch format {
            case .json: try Self.elements(of: body, limit: limit)
            case .lines: try Self.lines(of: body, limit: limit)
            }
        guard !ranges.isEmpty else { throw .empty }
        items = ranges.map { range in
            Result { () throws(EnvelopeError) in
                try Self.envelope(Array(body[range]), makeID: makeID)
            }
        }
    }

    /// Reads one envelope and gives it an id when it has none; apart from that its bytes stay as they are.
    private static func envelope(_ bytes: [UInt8], makeID: () -> String) throws(EnvelopeError) -> TaskEnvelope {
        do throws(EnvelopeError) {
            return try TaskEnvelope(parsing: bytes)
        } catch .missing(field: "task_id") {
            // It is known to be an object by now: the id becomes its first member.
            guard let brace = bytes.firstIndex(of: UInt8(ascii: "{")) else { throw .missing(field: "task_id") }
            let rest = bytes[(brace + 1)...]
            let isEmpty = rest.first { !isWhitespace($0) } == UInt8(ascii: "}")
            return try TaskEnvelope(
                parsing: Array("{\"task_id\":\"\(makeID())\"\(isEmpty ? "" : ",")".utf8) + rest)
        }
    }

    // MARK: - Taking the body apart

    private static func elements(of body: [UInt8], limit: Int) throws(Failure) -> [Range<Int>] {
        try body.withUnsafeBufferPointer { buffer in
            Result { () throws(Failure) in try elements(of: buffer, limit: limit) }
        }.get()
    }

    private static func elements(
        of buffer: UnsafeBufferPointer<UInt8>, limit: Int
    ) throws(Failure) -> [Range<Int>] {
        var position = skipWhitespace(buffer, from: 0)
        guard position < buffer.count else { throw .empty }
        guard buffer[position] == UInt8(ascii: "[") else { return [0..<buffer.count] }
        position = skipWhitespace(buffer, from: position + 1)
        var ranges: [Range<Int>] = []
        if position < buffer.count, buffer[position] == UInt8(ascii: "]") {
            position += 1
        } else {
            while true {
                var scanner = JSONScanner(buffer, at: position)
                do {
                    try scanner.skipValue(depth: 1)
                } catch {
                    throw .broken(error, index: ranges.count)
                }
                guard ranges.count < limit else { throw .tooMany(limit: limit) }
                ranges.append(position..<scanner.position)
                position = skipWhitespace(buffer, from: scanner.position)
                guard position < buffer.count else {
                    throw .broken(JSONError(.truncated, at: position), index: ranges.count)
                }
                let separator = buffer[position]
                position += 1
                if separator == UInt8(ascii: "]") { break }
                guard separator == UInt8(ascii: ",") else {
                    throw .broken(JSONError(.unexpectedByte, at: position - 1), index: ranges.count)
                }
                position = skipWhitespace(buffer, from: position)
            }
        }
        position = skipWhitespace(buffer, from: position)
        guard position == buffer.count else {
            throw .broken(JSONError(.trailingBytes, at: position), index: ranges.count)
        }
        return ranges
    }

    private static func lines(of body: [UInt8], limit: Int) throws(Failure) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        for line in body.split(separator: UInt8(ascii: "\n")) where !line.allSatisfy(isWhitespace) {
            guard ranges.count < limit else { throw .tooMany(limit: limit) }
            ranges.append(line.startIndex..<line.endIndex)
        }
        return ranges
    }

    private static func skipWhitespace(_ buffer: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position < buffer.count, isWhitespace(buffer[position]) { position += 1 }
        return position
    }

    private static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
