/// Why a question by HTTP has no answer.
enum WebError: Error, Sendable, Hashable, CustomStringConvertible {
    case unreachable(url: String, reason: String)
    case tooSlow(url: String, limit: Duration)
    case refused(url: String, status: Int, said: String)
    case unreadable(url: String, reason: String)
    case cancelled

    var description: String {
        switch self {
        case .unreachable(let url, let reason): "\(url) cannot be reached: \(reason)"
        case .tooSlow(let url, let limit): "\(url) did not answer within \(limit)"
        case .refused(let url, let status, let said):
            "\(url) answered HTTP \(status)" + (said.isEmpty ? "" : ": \(said)")
        case .unreadable(let url, let reason): "\(url) gave an answer that cannot be read: \(reason)"
        case .cancelled: "cancelled"
        }
    }

    /// Whether something answered, be it as it may.
    var isAnswer: Bool {
        switch self {
        case .refused, .unreadable: true
        case .unreachable, .tooSlow, .cancelled: false
        }
    }
}
