import RiderModel
import RiderQueue

/// What a message of the robot means for the worker.
public enum IngestDecision: Sendable {
    /// Work for the queue.
    case task(NewTask)
    /// The robot says who does a domain's work.
    case mode(ProviderState)
    /// The robot's global mode changed.
    case aiMode(AIMode)
    /// A few milliseconds of the microphone: tasks are made of whole utterances.
    case voiceChunk(VoiceChunk)
    case refused(IngestRefusal)
}

/// Why no task was made of a message. It is counted by ``code``.
public struct IngestRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        case unknownTopic
        case tooLarge(bytes: Int, limit: Int)
        case missing(field: String)
        case wrongType(field: String, expected: String)
        /// Not the standard alphabet, not padded, or with line breaks.
        case invalidBase64(field: String)
        case blankText
        case state(ProviderStateError)
        case envelope(EnvelopeError)
    }

    public let reason: Reason

    public init(_ reason: Reason) {
        self.reason = reason
    }

    /// A short stable name for metrics.
    public var code: String {
        switch reason {
        case .unknownTopic: "unknown_topic"
        case .tooLarge: "too_large"
        case .missing: "missing_field"
        case .wrongType: "wrong_type"
        case .invalidBase64: "invalid_base64"
        case .blankText: "blank_text"
        case .state(let error): error.code
        case .envelope(let error): error.code
        }
    }

    public var description: String {
        switch reason {
        case .unknownTopic: "nothing is made of messages of this topic"
        case .tooLarge(let bytes, let limit): "the message has \(bytes) bytes, more than the limit of \(limit)"
        case .missing(let field): "`\(field)` is missing"
        case .wrongType(let field, let expected): "`\(field)` must be \(expected)"
        case .invalidBase64(let field): "`\(field)` must be standard base64 with padding on one line"
        case .blankText: "`text` has nothing to say"
        case .state(let error): error.description
        case .envelope(let error): error.description
        }
    }
}
