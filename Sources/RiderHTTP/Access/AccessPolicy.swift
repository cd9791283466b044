/// Decides who may ask for what. A value without I/O.
///
/// * On loopback everybody on this machine may do everything. Web pages may not: a request under a foreign host name (a page
///   whose name was made to point here) or from a foreign origin is refused.
/// * Beyond loopback everybody may read and ask, and changing something takes the token.
struct AccessPolicy: Sendable {
    enum Purpose: Hashable, Sendable {
        case read
        /// Costs work and changes nothing.
        case ask
        case change
    }

    enum Refusal: Hashable, Sendable {
        case foreignHost
        case foreignOrigin
        /// There is no token to compare with.
        case noTokenConfigured
        case tokenMissing
        case tokenWrong
    }

    private let isLoopback: Bool
    private let token: [UInt8]
    private let knownHosts: Set<HostName>

    init(_ configuration: HTTPConfiguration) {
        let host = HostName(host: configuration.host)
        isLoopback = host.isLoopback
        token = Array(configuration.token.utf8)
        knownHosts = Set(configuration.allowedHosts.map { HostName(authority: $0) } + [host])
    }

    /// - Parameters:
    ///   - authority: the `Host` header; clients without one are no browsers.
    /// - Returns: nil when the request may go on.
    func refusal(authority: String?, origin: String?, authorization: String?, purpose: Purpose) -> Refusal? {
        if isLoopback {
            if let authority, !isKnown(HostName(authority: authority)) { return .foreignHost }
            if purpose != .read, let origin, HostName(origin: origin).map(isKnown) != true { return .foreignOrigin }
            return nil
        }
        guard purpose == .change else { return nil }
        if token.isEmpty { return .noTokenConfigured }
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return .tokenMissing }
        let given = authorization.dropFirst(7).drop { $0 == " " }
        return Self.areEqual(Array(given.utf8), token) ? nil : .tokenWrong
    }

    private func isKnown(_ host: HostName) -> Bool {
        host.isLoopback || knownHosts.contains(host)
    }

    /// Takes the same time wherever the difference is.
    static func areEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        var difference: UInt8 = given.count == expected.count ? 0 : 1
        for index in given.indices {
            difference |= given[index] ^ (expected.isEmpty ? 1 : expected[index % expected.count])
        }
        return difference == 0
    }
}
