import RiderModel

/// Who does the work of each domain, as the robot says it in `provider.<domain>.state`.
///
/// The robot does not repeat its state, so what has not been heard is unknown, and unknown means silence.
public struct RobotModes: Sendable, Hashable {
    /// What to subscribe to.
    public static let topics = Domain.allCases.map(topic)

    private let assumed: ProviderMode?
    private var heard: [Domain: ProviderState] = [:]

    /// - Parameter assumed: holds for every domain, whatever the robot says; nil follows the robot.
    public init(assuming assumed: ProviderMode? = nil) {
        self.assumed = assumed
    }

    /// nil is unknown.
    public func mode(of domain: Domain) -> ProviderMode? {
        assumed ?? heard[domain]?.mode
    }

    /// Whether the robot wants results of the domain.
    public func wants(_ domain: Domain) -> Bool {
        if let assumed { return assumed == .pc }
        return heard[domain]?.wantsResults ?? false
    }

    /// Takes a message of the robot's bus; those of other topics are ignored. A state that cannot be understood makes the
    /// domain unknown: it was meant to say something.
    ///
    /// - Returns: the domain for which it changed whether the robot wants results; nil when there is none.
    @discardableResult
    public mutating func observe(topic: String, body: some Collection<UInt8>) -> Domain? {
        guard let domain = Domain.allCases.first(where: { Self.topic(of: $0) == topic }) else { return nil }
        let wanted = wants(domain)
        let value = try? JSONValue(parsing: body)
        heard[domain] = value.flatMap { try? ProviderState($0, domain: domain) }
        return wants(domain) == wanted ? nil : domain
    }

    /// Takes what the robot's `GET /api/providers/state` says about one domain.
    ///
    /// - Returns: whether it changed whether the robot wants results.
    @discardableResult
    public mutating func observe(_ state: ProviderState) -> Bool {
        let wanted = wants(state.domain)
        heard[state.domain] = state
        return wants(state.domain) != wanted
    }

    /// Forgets what was heard: after the link to the robot's bus was lost a change may have been missed.
    public mutating func forget() {
        heard = [:]
    }

    private static func topic(of domain: Domain) -> String {
        "provider.\(domain.rawValue).state"
    }
}
