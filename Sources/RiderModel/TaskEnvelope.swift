/// One unit of work as producers write it: a JSON object whose header is read and whose payload is passed through untouched.
///
/// | key | | |
/// |---|---|---|
/// | `task_id` | string, required | 1…256 bytes, no control characters |
/// | `task_type` | string, required | a ``TaskType`` |
/// | `payload` | object, required | per type; not looked into here |
/// | `meta` | object | absent or null means `{}` |
/// | `priority` | integer 1…10 | absent or null means 5; `5.0` counts, anything else is refused |
/// | `expires_in_ms` | positive integer | an addition of ours: the task is worthless when not started by then; absent or null means never |
///
/// Of duplicate keys the last one counts, as in the Python programs that write envelopes. Other keys are kept but not read.
public struct TaskEnvelope: Sendable, Hashable {
    /// Longer ids would make useless log lines and index keys.
    public static let maximumIDBytes = 256

    public let id: String
    public let type: TaskType
    public let priority: Priority
    /// How long after it was queued the task is still worth starting; nil means for ever.
    public let expiresIn: Duration?
    /// The whole envelope as it was received.
    public let bytes: [UInt8]
    private let payloadRange: Range<Int>
    private let metaRange: Range<Int>?

    /// The payload's own bytes: one JSON object.
    public var payload: ArraySlice<UInt8> { bytes[payloadRange] }

    /// The meta object's own bytes; nil when there is none.
    public var meta: ArraySlice<UInt8>? { metaRange.map { bytes[$0] } }

    /// Reads the header of an envelope.
    public init(parsing bytes: [UInt8]) throws(EnvelopeError) {
        let header = try bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(EnvelopeError) -> Header in try Header(buffer) }
        }.get()
        self.init(header: header, bytes: bytes)
    }

    /// Builds an envelope around a payload.
    ///
    /// - Parameters:
    ///   - payload: one JSON object; it is validated.
    ///   - meta: one JSON object; it is validated.
    public init(
        id: String, type: TaskType, payload: some Collection<UInt8>, meta: (some Collection<UInt8>)?,
        priority: Priority = .standard, expiresIn: Duration? = nil
    ) throws(EnvelopeError) {
        var writer = JSONWriter(capacity: payload.count + 192)
        writer.object { writer in
            writer.key("task_id")
            writer.string(id)
            writer.key("task_type")
            writer.string(type.rawValue)
            writer.key("payload")
            writer.raw(payload)
            if let meta {
                writer.key("meta")
                writer.raw(meta)
            }
            writer.key("priority")
            writer.integer(priority.rawValue)
            if let expiresIn {
                writer.key("expires_in_ms")
                writer.integer(max(1, expiresIn.wholeMilliseconds))
            }
        }
        try self.init(parsing: writer.bytes)
    }

    public init(
        id: String, type: TaskType, payload: some Collection<UInt8>, priority: Priority = .standard,
        expiresIn: Duration? = nil
    ) throws(EnvelopeError) {
        try self.init(
            id: id, type: type, payload: payload, meta: [UInt8]?.none, priority: priority, expiresIn: expiresIn)
    }

    private init(header: Header, bytes: [UInt8]) {
        id = header.id
        type = header.type
        priority = header.priority
        expiresIn = header.expiresIn
        payloadRange = header.payload
        metaRange = header.meta
        self.bytes = bytes
    }
}

extension TaskEnvelope {
    private struct Header {
        let id: String
        let type: TaskType
        let priority: Priority
        let expiresIn: Duration?
        let payload: Range<Int>
        let meta: Range<Int>?

        init(_ buffer: UnsafeBufferPointer<UInt8>) throws(EnvelopeError) {
            let members = try Members(buffer)

            let id = try Self.string("task_id", members.id, in: buffer)
            if id.isEmpty { throw .invalidTaskID("is empty") }
            if id.utf8.count > TaskEnvelope.maximumIDBytes {
                throw .invalidTaskID("has \(id.utf8.count) bytes, more than \(TaskEnvelope.maximumIDBytes)")
            }
            if Self.breaksLines(id) { throw .invalidTaskID("has a control character") }
            self.id = id

            let typeName = try Self.string("task_type", members.type, in: buffer)
            guard let type = TaskType(rawValue: typeName) else { throw .unknownTaskType(Self.shown(typeName)) }
            self.type = type

            guard let payload = members.payload else { throw .missing(field: "payload") }
            guard buffer[payload.lowerBound] == UInt8(ascii: "{") else {
                throw .wrongType(field: "payload", expected: "an object")
            }
            self.payload = payload

            if let meta = members.meta, buffer[meta.lowerBound] != UInt8(ascii: "n") {
                guard buffer[meta.lowerBound] == UInt8(ascii: "{") else {
                    throw .wrongType(field: "meta", expected: "an object")
                }
                self.meta = meta
            } else {
                meta = nil
            }

            priority =
                try members.priority.map { range throws(EnvelopeError) in
                    try Self.priority(buffer[range])
                } ?? .standard
            expiresIn = try members.expiresIn.flatMap { range throws(EnvelopeError) in
                if buffer[range.lowerBound] == UInt8(ascii: "n") { return nil }
                guard let text = Int64(String(decoding: buffer[range], as: UTF8.self)), text > 0 else {
                    throw .wrongType(field: "expires_in_ms", expected: "a positive whole number")
                }
                return .milliseconds(text)
            }
        }

        /// Whether a text could forge a line of a log or move the cursor of a terminal.
        private static func breaksLines(_ text: String) -> Bool {
            var isASCII = true
            for byte in text.utf8 {
                if byte < 0x20 || byte == 0x7F { return true }
                if byte >= 0x80 { isASCII = false }
            }
            if isASCII { return false }
            return text.unicodeScalars.contains { scalar in
                switch scalar.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: true
                default: false
                }
            }
        }

        private static func string(
            _ field: String, _ range: Range<Int>?, in buffer: UnsafeBufferPointer<UInt8>
        ) throws(EnvelopeError) -> String {
            guard let range else { throw .missing(field: field) }
            guard buffer[range.lowerBound] == UInt8(ascii: "\"") else {
                throw .wrongType(field: field, expected: "a string")
            }
            return JSONScanner(buffer).decodeString((range.lowerBound + 1)..<(range.upperBound - 1))
        }

        private static func priority(_ text: Slice<UnsafeBufferPointer<UInt8>>) throws(EnvelopeError) -> Priority {
            if text.count == 1, let byte = text.first, let level = Priority(rawValue: Int(byte) - 0x30) { return level }
            let written = String(decoding: text, as: UTF8.self)
            if written == "null" { return .standard }
            guard let number = Double(written), let whole = Int(exactly: number), let level = Priority(rawValue: whole)
            else { throw .invalidPriority(shown(written)) }
            return level
        }

        /// Foreign text for an error message: short and without control characters.
        private static func shown(_ text: String) -> String {
            let visible = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
            return "\"" + String(String.UnicodeScalarView(visible.prefix(64))) + (visible.count > 64 ? "…\"" : "\"")
        }
    }

    /// Where the members that are read begin and end.
    private struct Members {
        var id: Range<Int>?
        var type: Range<Int>?
        var payload: Range<Int>?
        var meta: Range<Int>?
        var priority: Range<Int>?
        var expiresIn: Range<Int>?

        init(_ buffer: UnsafeBufferPointer<UInt8>) throws(EnvelopeError) {
            var scanner = JSONScanner(buffer)
            do throws(JSONError) {
                try scanner.scanObject { key, value throws(JSONError) in
                    record(UnsafeBufferPointer(rebasing: buffer[key]), value)
                }
            } catch {
                throw .json(error)
            }
        }

        private mutating func record(_ key: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) {
            // Keys written with escapes are nobody's habit and stay unread.
            if key.spells("task_id") {
                id = value
            } else if key.spells("task_type") {
                type = value
            } else if key.spells("payload") {
                payload = value
            } else if key.spells("meta") {
                meta = value
            } else if key.spells("priority") {
                priority = value
            } else if key.spells("expires_in_ms") {
                expiresIn = value
            }
        }
    }
}
