/// `vision.tracking.offset`: where the followed face or hand is. Each one turns the robot for 0.2 s.
public struct TrackingOffset: Sendable, Hashable {
    /// -1…1 of half the picture's width; positive is right of the centre.
    public var offset: Double
    public var mode: TrackingState.Mode
    /// 0…1, or nil.
    public var confidence: Double?
    /// Seconds.
    public var ts: Double

    public init(offset: Double, mode: TrackingState.Mode, confidence: Double?, ts: Double) {
        self.offset = offset
        self.mode = mode
        self.confidence = confidence
        self.ts = ts
    }

    /// Reads what a provider found.
    ///
    /// - Returns: nil when the robot did not ask for it (`meta.tracking_state`), when nothing was found, and in every case
    ///   in which ``ObstacleMessage/init(task:result:now:)`` gives nothing for the frame itself.
    public init?(task: ClaimedTask, result: TaskResult, now: UnixTime) {
        guard task.envelope.type == .visionFrame, let output = FreshOutput(task: task, result: result, now: now)
        else { return nil }
        self.init(output: output)
    }

    init?(output: FreshOutput) {
        guard let wanted = TrackingState(output.taskMeta["tracking_state"]), wanted.isEnabled, wanted.mode != .none,
            let found = output.value["tracking"], let offset = found["offset"]?.double, (-1...1).contains(offset)
        else { return nil }
        // What was found must be what is followed: a hand is no face.
        if let mode = found["mode"], mode != .string(wanted.mode.rawValue) { return nil }
        let confidence = found["confidence"]?.double
        self.init(
            offset: offset, mode: wanted.mode,
            confidence: confidence.flatMap { (0...1).contains($0) ? $0 : nil },
            ts: output.frameTimestamp ?? output.now.seconds)
    }

    public var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.key("offset_x")
            writer.number(offset)
            writer.key("mode")
            writer.string(mode.rawValue)
            writer.key("confidence")
            writer.number(ifKnown: confidence)
            writer.key("ts")
            writer.number(ts)
            writer.key("source")
            writer.string("pc")
        }
        return writer.bytes
    }
}
