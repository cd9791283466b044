import RiderJournal
import RiderModel

extension JournalRecord {
    static func sample(
        _ seq: Int64, topic: TelemetryTopic = .voice, body: [UInt8] = Array(#"{"task_id":"t"}"#.utf8)
    ) -> JournalRecord {
        JournalRecord(
            seq: seq, topicSeq: seq, topic: topic, recordedAt: UnixTime(milliseconds: 1_763_035_207_000 + seq),
            body: body)
    }
}

extension RobotMessage {
    static func obstacle(frame: String = "f") throws -> RobotMessage {
        let body = #"{"present":false,"confidence":0,"frame_id":"\#(frame)","obstacles":[]}"#
        return try RobotMessage(
            topic: .obstacle, body: Array(body.utf8), taskID: frame, inputAt: UnixTime(milliseconds: 0))
    }

    static func offset(_ value: Double = 0) throws -> RobotMessage {
        try RobotMessage(
            topic: .trackingOffset, body: Array(#"{"offset_x":\#(value),"mode":"face"}"#.utf8), taskID: "t",
            inputAt: UnixTime(milliseconds: 0))
    }

    static func transcript(_ text: String = "stop") throws -> RobotMessage {
        try RobotMessage(
            topic: .asrResult, body: JSONValue.object([.init("text", .string(text))]).encoded, taskID: "t",
            inputAt: UnixTime(milliseconds: 0))
    }
}
