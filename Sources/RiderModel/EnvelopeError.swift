/// Why a text is refused at the door. Every case is answered, counted by ``code`` and, where a place for it exists, kept.
public enum EnvelopeError: Error, Sendable, Hashable, CustomStringConvertible {
    case json(JSONError)
    case missing(field: String)
    case wrongType(field: String, expected: String)
    case invalidTaskID(String)
    case unknownTaskType(String)
    case invalidPriority(String)
    case tooLarge(bytes: Int, limit: Int)

    /// A short stable name for metrics and machine-readable answers.
    public var code: String {
        switch self {
        case .json: "invalid_json"
        case .missing: "missing_field"
        case .wrongType: "wrong_type"
        case .invalidTaskID: "invalid_task_id"
        case .unknownTaskType: "unknown_task_type"
        case .invalidPriority: "invalid_priority"
        case .tooLarge: "too_large"
        }
    }

    public var description: String {
        switch self {
        case .json(let error): "not a JSON object that can be read: \(error)"
        case .missing(let field): "`\(field)` is missing"
        case .wrongType(let field, let expected): "`\(field)` must be \(expected)"
        case .invalidTaskID(let reason): "`task_id` \(reason)"
        case .unknownTaskType(let type):
            "unknown `task_type` \(type): known are "
                + TaskType.allCases.map(\.rawValue).joined(separator: ", ") + " (exact spelling)"
        case .invalidPriority(let value): "`priority` must be a whole number from 1 (most urgent) to 10, not \(value)"
        case .tooLarge(let bytes, let limit): "the task has \(bytes) bytes, more than the limit of \(limit)"
        }
    }
}
