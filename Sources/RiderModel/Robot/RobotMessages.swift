/// What the robot is told about finished tasks.
public enum RobotMessages {
    /// The messages that a finished task makes; they must go out at once or not at all.
    ///
    /// | task | messages |
    /// |---|---|
    /// | `vision.frame` | ``ObstacleMessage``, and ``TrackingOffset`` when the robot follows something that was found |
    /// | `voice.asr` | ``ASRResultMessage`` when there are words |
    /// | `voice.tts` | ``TTSChunkMessage``, unless its parts went out while it was being made (meta `chunks`) |
    /// | others | none |
    ///
    /// There is none when the task did not come from the robot's bus, failed, was not run, or is late.
    public static func from(task: ClaimedTask, result: TaskResult, now: UnixTime) -> [RobotMessage] {
        guard let output = FreshOutput(task: task, result: result, now: now), output.sourceTopic != nil else {
            return []
        }
        let encoded: [(RobotTopic, [UInt8]?)] =
            switch task.envelope.type {
            case .visionFrame:
                // No offset without an obstacle message: a frame that cannot be read as a whole says nothing.
                if let obstacle = ObstacleMessage(output: output) {
                    [
                        (.obstacle, obstacle.encoded),
                        (.trackingOffset, TrackingOffset(output: output)?.encoded),
                    ]
                } else {
                    []
                }
            case .voiceASR: [(.asrResult, ASRResultMessage(output: output)?.encoded)]
            case .voiceTTS where result.meta.contains { $0.key == "chunks" }: []
            case .voiceTTS: [(.ttsChunk, TTSChunkMessage(output: output)?.encoded)]
            case .visionDetection, .textGenerate, .textNLU: []
            }
        return encoded.compactMap { topic, body in
            guard let body else { return nil }
            return try? RobotMessage(topic: topic, body: body, taskID: task.envelope.id, inputAt: task.enqueuedAt)
        }
    }
}
