/// The host part of an address as clients write it.
struct HostName: Hashable, Sendable {
    /// Lower case, without brackets, port and final dot.
    let name: String

    init(host: some StringProtocol) {
        var name = Substring(host.lowercased())
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        if name.hasSuffix(".") { name.removeLast() }
        self.name = String(name)
    }

    /// `host`, `host:port`, `[v6]` or `[v6]:port`.
    init(authority: some StringProtocol) {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            self.init(host: authority[...end])
        } else {
            self.init(host: authority.prefix { $0 != ":" })
        }
    }

    /// An `Origin` header: `scheme://authority`; nil for `null` and anything else.
    init?(origin: String) {
        guard let range = origin.firstRange(of: "://") else { return nil }
        self.init(authority: origin[range.upperBound...])
    }

    /// True when only this machine can reach it.
    var isLoopback: Bool {
        if name == "localhost" || name == "::1" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
