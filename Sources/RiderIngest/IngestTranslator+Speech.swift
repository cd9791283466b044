import RiderModel
import RiderQueue

extension IngestTranslator {
    /// Something to be said.
    ///
    /// `text` is required; `voice` (string) and `speed` (number) may be absent or null. A `request_id` makes the task's id, so
    /// that a request that is sent twice while it waits is said once. A `seq` starts again with the robot: it goes into the
    /// id, and a part of ours makes it unique.
    mutating func speech(_ message: BusMessage, _ receipt: Receipt?) throws(IngestRefusal) -> NewTask {
        let members = message.members
        guard let text = members.value("text") else { throw IngestRefusal(.missing(field: "text")) }
        guard let words = text.string else { throw IngestRefusal(.wrongType(field: "text", expected: "a string")) }
        if words.isEmpty { throw IngestRefusal(.missing(field: "text")) }
        guard words.contains(where: { !$0.isWhitespace }) else { throw IngestRefusal(.blankText) }
        let voice = members.value("voice")
        if let voice, voice.string == nil {
            throw IngestRefusal(.wrongType(field: "voice", expected: "a string or null"))
        }
        let speed = members.value("speed")
        if let speed, speed.double == nil {
            throw IngestRefusal(.wrongType(field: "speed", expected: "a number or null"))
        }

        let requestID = Self.identifier(members.value("request_id"))
        let seq = Self.identifier(members.value("seq"))
        let timestamp = members["ts"].flatMap { $0.isNumber ? $0 : nil }

        var payload = JSONWriter(capacity: words.utf8.count + 64)
        payload.object { writer in
            writer.key("text")
            writer.string(words)
            if let voice {
                writer.key("voice")
                writer.value(voice)
            }
            if let speed {
                writer.key("speed")
                writer.value(speed)
            }
        }
        var meta = JSONWriter()
        meta.object { writer in
            writer.key("source_topic")
            writer.string(message.topic)
            if let name = requestID ?? seq {
                writer.key("request_id")
                writer.string(name)
            }
            if let timestamp {
                writer.key("timestamp")
                writer.raw(timestamp)
            }
            if let receipt { Self.write(receipt, to: &writer) }
        }
        return try newTask(
            speechID(requestID: requestID, seq: seq), .voiceTTS, payload.bytes, meta.bytes,
            priority: configuration.speechPriority, durable: true)
    }

    private mutating func speechID(requestID: String?, seq: String?) -> String {
        if let requestID {
            let clean = Self.sanitised(requestID)
            // Two ids must not become one by what was replaced in them or cut off.
            return clean == requestID ? "voice-tts-\(clean)" : "voice-tts-\(clean)-\(fresh())"
        }
        return "voice-tts-" + (seq.map { Self.sanitised($0) + "-" } ?? "") + fresh()
    }
}
