/// What the robot says about one domain, in `provider.*.state` and in the answer of `GET /api/providers/state`.
///
/// Events are not retained by the bus: after a start and after every reconnection only the HTTP answer tells the state.
public struct ProviderState: Sendable, Hashable {
    public var domain: Domain
    public var mode: ProviderMode
    /// Free text; robot code says `local_only`, `pc_pending` and `fallback`. Nothing ever says that the PC was accepted.
    public var status: String
    /// Seconds of the robot's clock.
    public var changedAt: Double?
    /// Free text, such as `manual` or `pc_unreachable`.
    public var reason: String

    public init(domain: Domain, mode: ProviderMode, status: String, changedAt: Double? = nil, reason: String = "") {
        self.domain = domain
        self.mode = mode
        self.status = status
        self.changedAt = changedAt
        self.reason = reason
    }

    /// Whether the robot wants results of this domain. A fallback is announced with `mode` still `pc`.
    public var wantsResults: Bool { mode == .pc && status != "fallback" }

    /// - Parameters:
    ///   - value: the state object.
    ///   - domain: what the topic or the key in the answer names; a `domain` in the object must agree with it.
    public init(_ value: JSONValue, domain: Domain) throws(ProviderStateError) {
        if let named = value["domain"], named != .string(domain.rawValue) { throw .domainMismatch }
        guard let mode = value["mode"]?.string.flatMap(ProviderMode.init(rawValue:)) else { throw .unknownMode }
        self.init(
            domain: domain, mode: mode, status: value["status"]?.string ?? "",
            changedAt: value["changed_ts"]?.double, reason: value["reason"]?.string ?? "")
    }
}

/// Why a state is not believed.
public enum ProviderStateError: String, Error, Sendable, Hashable, CustomStringConvertible {
    case domainMismatch = "domain_mismatch"
    case unknownMode = "unknown_mode"

    /// A short stable name for metrics and machine-readable answers.
    public var code: String { rawValue }

    public var description: String {
        switch self {
        case .domainMismatch: "the state names another domain than its topic"
        case .unknownMode: "`mode` must be local or pc"
        }
    }
}
