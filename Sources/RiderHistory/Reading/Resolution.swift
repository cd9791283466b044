/// How finely a stretch of history is kept.
public enum Resolution: Int, Sendable, Hashable, CaseIterable, Comparable {
    /// Every round.
    case raw = 0
    case minute = 1
    case hour = 2

    /// Length of a window; nil for rounds.
    public var window: Duration? {
        switch self {
        case .raw: nil
        case .minute: .seconds(60)
        case .hour: .seconds(3600)
        }
    }

    public var name: String {
        switch self {
        case .raw: "rounds"
        case .minute: "minutes"
        case .hour: "hours"
        }
    }

    public static func < (left: Resolution, right: Resolution) -> Bool { left.rawValue < right.rawValue }
}
