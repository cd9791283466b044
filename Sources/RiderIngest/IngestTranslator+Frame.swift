import RiderModel
import RiderQueue

extension IngestTranslator {
    /// A camera frame.
    ///
    /// | task | from the message |
    /// |---|---|
    /// | `frame_data` | `frame_jpeg`, else `frame_data`; byte for byte, but refused unless it is standard base64 on one line |
    /// | `frame_id` | `frame_id` as text, else a new one. `rid` names the camera, the same for every frame: it is no id |
    /// | `timestamp` | `timestamp`, else `ts`, the first that is a number |
    /// | `format` | `format`, else `jpeg` |
    /// | `rid`, `roi`, `meta` | the same, when they have the documented types |
    ///
    /// `size` is not read: the picture itself tells.
    mutating func frame(_ message: BusMessage, _ receipt: Receipt?) throws(IngestRefusal) -> NewTask {
        let members = message.members
        let picture = try pictureText(members)
        let unique = fresh()
        let sentID = Self.identifier(members.value("frame_id"))
        let frameID = sentID ?? unique
        let timestamp = [members["timestamp"], members["ts"]].lazy.compactMap { $0 }.first { $0.isNumber }
        let cameraID = Self.identifier(members.value("rid"))

        var payload = JSONWriter(capacity: message.body.count + 128)
        payload.object { writer in
            writer.key("frame_data")
            writer.raw(picture)
            writer.key("frame_id")
            writer.string(frameID)
            if let timestamp {
                writer.key("timestamp")
                writer.raw(timestamp)
            }
            writer.key("format")
            writer.string(Self.identifier(members.value("format")) ?? "jpeg")
            if let cameraID {
                writer.key("rid")
                writer.string(cameraID)
            }
            if let region = members["roi"], region.isObject {
                writer.key("roi")
                writer.raw(region)
            }
            if let meta = members["meta"], meta.isObject {
                writer.key("meta")
                writer.raw(meta)
            }
        }
        var meta = JSONWriter()
        meta.object { writer in
            writer.key("source_topic")
            writer.string(message.topic)
            writer.key("frame_id")
            writer.string(frameID)
            if let cameraID {
                writer.key("rid")
                writer.string(cameraID)
            }
            if let timestamp {
                writer.key("timestamp")
                writer.raw(timestamp)
            }
            if let trackingState {
                writer.key("tracking_state")
                writer.value(trackingState.json)
            }
            if let receipt { Self.write(receipt, to: &writer) }
        }
        let id = "vision-frame-" + (sentID.map { Self.sanitised($0) + "-" } ?? "") + unique
        return try newTask(
            id, .visionFrame, payload.bytes, meta.bytes, priority: configuration.framePriority,
            expiresIn: configuration.frameDeadline, durable: false, newestWins: configuration.frameBufferSize)
    }

    /// The picture's base64 as a JSON string, quotes included.
    private func pictureText(_ members: JSONMembers) throws(IngestRefusal) -> ArraySlice<UInt8> {
        for field in ["frame_jpeg", "frame_data"] {
            guard let text = members[field], text.first != UInt8(ascii: "n"), !text.isEmptyString else { continue }
            guard text.isString else { throw IngestRefusal(.wrongType(field: field, expected: "a string")) }
            if Base64.isStandard(text.dropFirst().dropLast()) { return text }
            // Some encoders write the slashes of base64 as `\/`, which is the same string.
            guard let decoded = members.value(field)?.string, Base64.isStandard(Array(decoded.utf8)) else {
                throw IngestRefusal(.invalidBase64(field: field))
            }
            return JSONValue.string(decoded).encoded[...]
        }
        throw IngestRefusal(.missing(field: "frame_jpeg"))
    }
}

extension IngestTranslator {
    /// Longer texts are no ids.
    private static let maximumIdentifierBytes = 128
    /// What of a foreign id goes into a task's.
    private static let maximumSanitisedBytes = 64

    /// A text or a number as text; nil for anything else, for an empty text and for one that is no id by its length.
    static func identifier(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text.isEmpty || text.utf8.count > maximumIdentifierBytes ? nil : text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        default: nil
        }
    }

    /// Letters, digits, dots, dashes and underscores stay; other characters become underscores.
    static func sanitised(_ text: String) -> String {
        let bytes = text.utf8.prefix(maximumSanitisedBytes).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ receipt: Receipt, to writer: inout JSONWriter) {
        writer.key(dynamic: Receipt.key)
        receipt.write(to: &writer)
    }

    func newTask(
        _ id: String, _ type: TaskType, _ payload: [UInt8], _ meta: [UInt8], priority: Priority,
        expiresIn: Duration? = nil, durable: Bool, newestWins: Int? = nil
    ) throws(IngestRefusal) -> NewTask {
        do {
            let envelope = try TaskEnvelope(
                id: id, type: type, payload: payload, meta: meta, priority: priority, expiresIn: expiresIn)
            return NewTask(envelope, durable: durable, newestWins: newestWins)
        } catch {
            throw IngestRefusal(.envelope(error))
        }
    }
}

extension ArraySlice<UInt8> {
    // The kind of a JSON value shows in its first byte.
    var isString: Bool { first == UInt8(ascii: "\"") }
    var isObject: Bool { first == UInt8(ascii: "{") }
    var isEmptyString: Bool { isString && count == 2 }
    var isNumber: Bool { first.map { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) } ?? false }
}
