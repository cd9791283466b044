/// Checks texts against what robot code does with them.
public enum RobotMessageValidator {
    /// - Throws: ``RobotHazard`` with the first rule that is broken.
    public static func validate(_ body: [UInt8], for topic: RobotTopic) throws(RobotHazard) {
        guard let value = try? JSONValue(parsing: body), case .object(let members) = value else {
            throw RobotHazard(topic, rule: "one JSON object")
        }
        guard Set(members.map(\.key)).count == members.count else {
            throw RobotHazard(topic, rule: "without duplicate keys")
        }
        let fields = Fields(topic: topic, value: value)
        switch topic {
        case .obstacle: try obstacle(fields)
        case .trackingOffset: try trackingOffset(fields)
        case .asrResult: try asrResult(fields)
        case .ttsChunk: try ttsChunk(fields)
        }
        try fields.number("ts", in: 0...Double.greatestFiniteMagnitude, required: false)
        try fields.object("meta")
    }

    private static func obstacle(_ fields: Fields) throws(RobotHazard) {
        try fields.bool("present", required: true)
        try fields.number("confidence", in: 0...1, required: true)
        try fields.number("distance", in: 0...Double.greatestFiniteMagnitude, orNull: true, required: false)
        try fields.number("angle", in: -360...360, orNull: true, required: false)
        try fields.number("timestamp", in: 0...Double.greatestFiniteMagnitude, orNull: true, required: false)
        try fields.string("frame_id")
        guard let obstacles = fields.value["obstacles"] else { return }
        guard let obstacles = obstacles.array, obstacles.allSatisfy({ $0.members != nil }) else {
            throw RobotHazard(.obstacle, field: "obstacles", rule: "an array of objects")
        }
        if obstacles.isEmpty == fields.value["present"]?.bool {
            throw RobotHazard(.obstacle, field: "present", rule: "true exactly when there are obstacles")
        }
    }

    private static func trackingOffset(_ fields: Fields) throws(RobotHazard) {
        try fields.number("offset_x", in: -1...1, required: true)
        try fields.number("confidence", in: 0...1, orNull: true, required: false)
        guard let mode = fields.value["mode"]?.string, TrackingState.Mode(rawValue: mode) != nil else {
            throw RobotHazard(.trackingOffset, field: "mode", rule: "face, hand or none")
        }
    }

    private static func asrResult(_ fields: Fields) throws(RobotHazard) {
        guard fields.value["text"]?.string != nil else {
            throw RobotHazard(.asrResult, field: "text", rule: "a string")
        }
        for key in ["transcript", "language", "reply", "status", "command"] { try fields.string(key) }
        try fields.bool("speak", required: false)
        try fields.object("intent")
        try fields.number("confidence", in: 0...1, orNull: true, required: false)
        guard let speech = fields.value["tts"] else { return }
        guard speech.members != nil else { throw RobotHazard(.asrResult, field: "tts", rule: "an object") }
        try audio(Fields(topic: .asrResult, value: speech))
    }

    private static func ttsChunk(_ fields: Fields) throws(RobotHazard) {
        try audio(fields)
        try fields.integer("duration_ms", in: 0...Int.max)
        try fields.integer("seq", in: 0...Int.max)
        try fields.bool("last", required: false)
        try fields.string("task_id")
    }

    /// Sound as both voice topics carry it.
    private static func audio(_ fields: Fields) throws(RobotHazard) {
        // The order in which robot code looks.
        guard let name = ["audio", "data", "chunk"].first(where: { fields.value[$0] != nil }) else {
            throw RobotHazard(fields.topic, field: "data", rule: "there: a robot reads nothing else as sound")
        }
        for key in [name, "audio_data"] {
            guard let sound = fields.value[key] else { continue }
            guard let text = sound.string, Base64.isStandard(Array(text.utf8)) else {
                throw RobotHazard(fields.topic, field: key, rule: "sound in standard base64 with padding on one line")
            }
        }
        for key in ["format", "mime"] { try fields.string(key) }
        try fields.integer("sample_rate", in: 1...TTSChunkMessage.highestSampleRate)
        try fields.integer("rate", in: 1...TTSChunkMessage.highestSampleRate)
        let format = (fields.value["format"] ?? fields.value["mime"])?.string ?? ""
        let rate = (fields.value["sample_rate"] ?? fields.value["rate"])?.int ?? TTSChunkMessage.rawSampleRate
        if TTSChunkMessage.Format(name: format) == .pcm16, rate != TTSChunkMessage.rawSampleRate {
            throw RobotHazard(
                fields.topic, field: "sample_rate", rule: "\(TTSChunkMessage.rawSampleRate) for raw samples")
        }
    }
}

/// The rules for single fields of one message.
private struct Fields {
    let topic: RobotTopic
    let value: JSONValue

    func number(
        _ key: String, in range: ClosedRange<Double>, orNull: Bool = false, required: Bool
    ) throws(RobotHazard) {
        guard let field = value[key] else {
            if required { throw hazard(key, "there") }
            return
        }
        if orNull, field.isNull { return }
        guard let number = field.double, range.contains(number) else {
            let unbounded = range.upperBound == .greatestFiniteMagnitude
            throw hazard(
                key,
                "a number " + (unbounded ? "not below 0" : "from \(range.lowerBound) to \(range.upperBound)")
                    + (orNull ? ", or null" : ""))
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(RobotHazard) {
        guard let field = value[key] else { return }
        guard case .integer(let number) = field, range.contains(Int(number)) else {
            throw hazard(key, "a whole number not below \(range.lowerBound)")
        }
    }

    func bool(_ key: String, required: Bool) throws(RobotHazard) {
        guard let field = value[key] else {
            if required { throw hazard(key, "there") }
            return
        }
        if field.bool == nil { throw hazard(key, "true or false") }
    }

    func string(_ key: String) throws(RobotHazard) {
        guard let field = value[key] else { return }
        if field.string == nil { throw hazard(key, "a string") }
    }

    func object(_ key: String) throws(RobotHazard) {
        guard let field = value[key] else { return }
        if field.members == nil { throw hazard(key, "an object") }
    }

    private func hazard(_ key: String, _ rule: String) -> RobotHazard {
        RobotHazard(topic, field: key, rule: rule)
    }
}
