import RiderModel

/// Who does the work of each domain, as the robot says it in `provider.<domain>.state`.
///
/// The robot does not repeat its state, so what has not been heard is unknown, and unknown means silence.
public struct RobotModes: Sendable, Hashable {
    /// What to subscribe to.
    public static let topics = Domain.allCases.map(topic)

    /// What was known when the robot was asked for its state.
    public struct Question: Sendable, Hashable {
        fileprivate let news: [Domain: Int]
        fileprivate let period: Int
    }

    private let assumed: ProviderMode?
    private var heard: [Domain: ProviderState] = [:]
    /// Whose last event could not be understood.
    private var unreadable: Set<Domain> = []
    /// Events so far.
    private var news: [Domain: Int] = [:]
    /// Times that everything was forgotten.
    private var period = 0

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
        let value = try? JSONValue(parsing: body)
        let hasChanged =
            if let state = value.flatMap({ try? ProviderState($0, domain: domain) }) {
                observe(state)
            } else {
                observeUnreadable(domain).wantsChanged
            }
        return hasChanged ? domain : nil
    }

    /// Takes an event that has been read already.
    ///
    /// - Returns: whether it changed whether the robot wants results.
    @discardableResult
    public mutating func observe(_ state: ProviderState) -> Bool {
        let wanted = wants(state.domain)
        news[state.domain, default: 0] += 1
        heard[state.domain] = state
        unreadable.remove(state.domain)
        return wants(state.domain) != wanted
    }

    /// Takes note of an event that cannot be understood: it was meant to say something, so the domain is unknown.
    ///
    /// - Returns: whether it changed whether the robot wants results, and whether the event before it could be understood.
    @discardableResult
    public mutating func observeUnreadable(_ domain: Domain) -> (wantsChanged: Bool, isFirst: Bool) {
        let wanted = wants(domain)
        news[domain, default: 0] += 1
        heard[domain] = nil
        let isFirst = unreadable.insert(domain).inserted
        return (wants(domain) != wanted, isFirst)
    }

    /// To be asked for just before the request `GET /api/providers/state` goes out.
    public var question: Question { Question(news: news, period: period) }

    /// Takes the answer to a question. What an event has said in the meantime stands: the robot's clock can be set back, so
    /// its stamps do not tell which of the two is newer, and only another question does.
    ///
    /// - Parameter states: of the domains that the robot named; the others become unknown.
    /// - Returns: the domains for which it changed whether the robot wants results, and whether the answer was taken as a
    ///   whole.
    public mutating func take(
        _ states: [ProviderState], to question: Question
    ) -> (changed: [Domain], isWhole: Bool) {
        // Events may have been missed since.
        guard question.period == period else { return ([], false) }
        let open = Domain.allCases.filter { question.news[$0] == news[$0] }
        let changed = open.filter { domain in
            let wanted = wants(domain)
            heard[domain] = states.first { $0.domain == domain }
            if heard[domain] != nil { unreadable.remove(domain) }
            return wants(domain) != wanted
        }
        return (changed, open.count == Domain.allCases.count)
    }

    /// Forgets what was heard: after the link to the robot's bus was lost a change may have been missed.
    public mutating func forget() {
        heard = [:]
        period += 1
    }

    private static func topic(of domain: Domain) -> String {
        "provider.\(domain.rawValue).state"
    }
}
