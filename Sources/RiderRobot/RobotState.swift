import RiderModel

/// What a robot says of itself by HTTP.
enum RobotState {
    /// The domains in the answer of `GET /api/providers/state`. One that cannot be understood is left out: unknown means
    /// silence.
    ///
    /// - Returns: nil when it is no such answer.
    static func modes(_ answer: JSONValue) -> [ProviderState]? {
        guard let domains = answer["domains"], domains.members != nil else { return nil }
        return Domain.allCases.compactMap { domain in
            domains[domain.rawValue].flatMap { try? ProviderState($0, domain: domain) }
        }
    }

    /// What the robot follows, in the answer of `GET /state`; nil when it does not say.
    static func tracking(_ answer: JSONValue) -> TrackingState? {
        TrackingState(answer["tracking"])
    }
}
