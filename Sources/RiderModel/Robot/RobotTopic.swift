/// The topics on which a robot takes commands. They are live only: never journaled, never replayed, never sent late, because
/// nobody on the robot looks at a message's age.
public enum RobotTopic: String, Sendable, Hashable, CaseIterable {
    case obstacle = "vision.obstacle.enhanced"
    case trackingOffset = "vision.tracking.offset"
    case asrResult = "voice.asr.result"
    case ttsChunk = "voice.tts.chunk"

    /// The name on the wire.
    public var name: String { rawValue }

    /// The domain that must be in mode `pc` for the robot to want such a message.
    public var domain: Domain {
        switch self {
        case .obstacle, .trackingOffset: .vision
        case .asrResult, .ttsChunk: .voice
        }
    }
}
