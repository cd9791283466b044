/// `voice.asr.result`: what was said. The robot acts on it: a text is a command, so there is none without words.
public struct ASRResultMessage: Sendable, Hashable {
    public var taskID: String
    public var text: String
    /// Such as `pl`; nil when the engine did not say.
    public var language: String?
    /// 0…1; nil when the engine did not say.
    public var confidence: Double?
    /// Seconds, of this machine's clock.
    public var ts: Double
    public var meta: [JSONValue.Member]

    public init(
        taskID: String, text: String, language: String?, confidence: Double?, ts: Double, meta: [JSONValue.Member]
    ) {
        self.taskID = taskID
        self.text = text
        self.language = language
        self.confidence = confidence
        self.ts = ts
        self.meta = meta
    }

    /// - Returns: nil for another kind of task, a failed one, and a text that is blank or no string.
    public init?(task: ClaimedTask, result: TaskResult, now: UnixTime) {
        guard task.envelope.type == .voiceASR, let output = FreshOutput(task: task, result: result, now: now)
        else { return nil }
        self.init(output: output)
    }

    init?(output: FreshOutput) {
        guard let text = output.value["text"]?.string, text.contains(where: { !$0.isWhitespace }) else { return nil }
        let confidence = output.value["confidence"]?.double
        self.init(
            taskID: output.task.envelope.id, text: text, language: output.value["language"]?.string,
            confidence: confidence.flatMap { (0...1).contains($0) ? $0 : nil }, ts: output.now.seconds,
            meta: output.meta(["request_id"]))
    }

    public var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 256 + text.utf8.count)
        writer.object { writer in
            writer.key("task_id")
            writer.string(taskID)
            writer.key("text")
            writer.string(text)
            if let language {
                writer.key("language")
                writer.string(language)
            }
            if let confidence {
                writer.key("confidence")
                writer.number(confidence)
            }
            writer.key("ts")
            writer.number(ts)
            writer.key("meta")
            writer.value(.object(meta))
        }
        return writer.bytes
    }

    /// The answer to silence: this machine listens and has heard no words. A robot ignores it, or takes it as the sign of life
    /// that its document promises.
    ///
    /// - Parameter ts: seconds, of this machine's clock.
    public static func idle(ts: Double) -> [UInt8] {
        var writer = JSONWriter(capacity: 64)
        writer.object { writer in
            writer.key("text")
            writer.string("")
            writer.key("status")
            writer.string("idle")
            writer.key("ts")
            writer.number(ts)
        }
        return writer.bytes
    }
}
