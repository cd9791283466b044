/// The part of a task type before the dot: it names the provider that does the work.
public enum Domain: String, Sendable, Hashable, CaseIterable, Codable {
    case voice
    case vision
    case text

    /// The topic on which results of this domain are published.
    public var telemetryTopic: TelemetryTopic {
        switch self {
        case .voice: .voice
        case .vision: .vision
        case .text: .text
        }
    }
}
