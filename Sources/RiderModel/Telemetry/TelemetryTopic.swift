/// The topics whose messages are history: journaled, numbered and safe to replay.
///
/// The raw value is stored in the journal; numbers are never reused.
public enum TelemetryTopic: Int, Sendable, Hashable, CaseIterable {
    case voice = 1
    case vision = 2
    case text = 3
    case metrics = 4

    /// The name on the wire.
    public var name: String {
        switch self {
        case .voice: "telemetry.voice"
        case .vision: "telemetry.vision"
        case .text: "telemetry.text"
        case .metrics: "telemetry.metrics"
        }
    }

    /// Topics whose messages are results of tasks.
    public static let ofResults: Set<TelemetryTopic> = [.voice, .vision, .text]

    /// The common topic of the program that `rider` replaces; published only on request, for old listeners.
    public static let legacyName = "telemetry.task.completed"

    public init?(name: String) {
        guard let topic = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = topic
    }
}
