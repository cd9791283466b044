import RiderModel

/// What is read from the robot's bus.
public enum IngestTopic: String, Sendable, Hashable, CaseIterable {
    case frame = "vision.frame.offload"
    case voiceChunk = "voice.asr.request"
    case speech = "voice.tts.request"
    case visionState = "provider.vision.state"
    case voiceState = "provider.voice.state"
    case textState = "provider.text.state"
    case aiMode = "system.ai.mode.changed"

    /// The names to subscribe to.
    public static let names = allCases.map(\.rawValue)
    static let nameSet = Set(names)

    /// The domain whose mode the topic tells.
    var stateDomain: Domain? {
        switch self {
        case .visionState: .vision
        case .voiceState: .voice
        case .textState: .text
        case .frame, .voiceChunk, .speech, .aiMode: nil
        }
    }
}
