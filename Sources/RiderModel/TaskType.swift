/// The six kinds of work a robot hands over. Spelling is exact: producers that send `TEXT.NLU` are refused.
public enum TaskType: String, Sendable, Hashable, CaseIterable, Codable {
    case voiceASR = "voice.asr"
    case voiceTTS = "voice.tts"
    case visionDetection = "vision.detection"
    case visionFrame = "vision.frame"
    case textGenerate = "text.generate"
    case textNLU = "text.nlu"

    public var domain: Domain {
        switch self {
        case .voiceASR, .voiceTTS: .voice
        case .visionDetection, .visionFrame: .vision
        case .textGenerate, .textNLU: .text
        }
    }
}
