/// The part of a task type before the dot: it names the provider that does the work.
public enum Domain: String, Sendable, Hashable, CaseIterable, Codable {
    case voice
    case vision
    case text

    /// By case: what the standard library makes for enums of strings hashes the name.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .voice: hasher.combine(0 as UInt8)
        case .vision: hasher.combine(1 as UInt8)
        case .text: hasher.combine(2 as UInt8)
        }
    }

    /// The topic on which results of this domain are published.
    public var telemetryTopic: TelemetryTopic {
        switch self {
        case .voice: .voice
        case .vision: .vision
        case .text: .text
        }
    }
}
