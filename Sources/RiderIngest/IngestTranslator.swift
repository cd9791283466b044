import RiderModel
import RiderQueue

/// Turns messages of the robot into tasks. A value without input or output: the same messages give the same decisions.
public struct IngestTranslator: Sendable {
    public let configuration: IngestConfiguration
    /// What the robot follows now; it goes along with every frame. nil when it is not known.
    public var trackingState: TrackingState?

    /// Tells the tasks of this run from those of another.
    private let instance: String
    private var count: UInt64 = 0

    /// - Parameter instance: a short text that no other run has; part of task ids.
    public init(configuration: IngestConfiguration, instance: String = IngestTranslator.randomInstance()) {
        self.configuration = configuration
        self.instance = instance
    }

    public static func randomInstance() -> String {
        String(UInt64.random(in: 0..<(1 << 40)), radix: 36)
    }

    /// - Parameter receipt: when the message arrived; it goes along with the task.
    public mutating func translate(_ message: BusMessage, receipt: Receipt? = nil) -> IngestDecision {
        do throws(IngestRefusal) {
            return try decide(message, receipt)
        } catch {
            return .refused(error)
        }
    }

    private mutating func decide(_ message: BusMessage, _ receipt: Receipt?) throws(IngestRefusal) -> IngestDecision {
        guard message.body.count <= configuration.maxMessageBytes else {
            throw IngestRefusal(.tooLarge(bytes: message.body.count, limit: configuration.maxMessageBytes))
        }
        switch IngestTopic(rawValue: message.topic) {
        case .frame: return .task(try frame(message, receipt))
        case .speech: return .task(try speech(message, receipt))
        case .voiceChunk: return .voiceChunk(try chunk(message))
        case .visionState: return .mode(try state(message, .vision))
        case .voiceState: return .mode(try state(message, .voice))
        case .textState: return .mode(try state(message, .text))
        case .aiMode:
            guard let mode = AIMode(object(message)) else { throw IngestRefusal(.state(.unknownMode)) }
            return .aiMode(mode)
        case nil: throw IngestRefusal(.unknownTopic)
        }
    }

    private func state(_ message: BusMessage, _ domain: Domain) throws(IngestRefusal) -> ProviderState {
        do {
            return try ProviderState(object(message), domain: domain)
        } catch {
            throw IngestRefusal(.state(error))
        }
    }

    private func object(_ message: BusMessage) -> JSONValue {
        // The message has been scanned already: it parses.
        (try? JSONValue(parsing: message.body)) ?? [:]
    }

    /// A text that was not given before, in this run or another.
    mutating func fresh() -> String {
        count += 1
        return "\(instance)-\(count)"
    }
}
