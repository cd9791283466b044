import RiderModel

/// What the robot's bus tells besides work. Only the newest of each kind counts: a reader that is late gets no history.
public enum RobotEvent: Sendable, Hashable {
    /// Whether the bus can be read. State messages are not retained: when it comes back, ask the robot for its state.
    case link(isUp: Bool)
    case mode(ProviderState)
    /// The robot said something about a domain's mode that cannot be read: it is unknown, and the robot should be asked.
    case unreadableMode(Domain, reason: String)
    case aiMode(AIMode)

    /// Events of the same subject replace each other.
    enum Subject: Hashable {
        case link
        case domain(Domain)
        case aiMode
    }

    var subject: Subject {
        switch self {
        case .link: .link
        case .mode(let state): .domain(state.domain)
        case .unreadableMode(let domain, _): .domain(domain)
        case .aiMode: .aiMode
        }
    }
}
