/// Where a socket listens or connects: `bind://127.0.0.1:5557` or `tcp://robot.local:5555`.
///
/// Listening beyond this machine happens only when the text says so (`bind://0.0.0.0:5557`, `bind://*:5557`): look at
/// ``isLoopback`` and tell the person.
public struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// Which side of a connection it is.
    public enum Role: Sendable, Hashable {
        /// Waits for others.
        case bind
        /// Goes to another one, again and again until it is there.
        case connect
    }

    public var role: Role
    /// A name, an address of version 4, or one of version 6 without its brackets; `*` means every interface.
    public var host: String
    /// 0 lets the system choose and is for binding only.
    public var port: UInt16

    public init(role: Role, host: String, port: UInt16) {
        self.role = role
        self.host = host
        self.port = port
    }

    /// Listens there.
    public static func bind(_ host: String, port: UInt16) -> Endpoint {
        Endpoint(role: .bind, host: host, port: port)
    }

    /// Connects to there.
    public static func connect(_ host: String, port: UInt16) -> Endpoint {
        Endpoint(role: .connect, host: host, port: port)
    }

    /// Reads `bind://HOST:PORT` or `tcp://HOST:PORT`.
    public init(parsing text: String) throws(EndpointError) {
        let rest: Substring
        if text.hasPrefix("bind://") {
            role = .bind
            rest = text.dropFirst("bind://".count)
        } else if text.hasPrefix("tcp://") {
            role = .connect
            rest = text.dropFirst("tcp://".count)
        } else {
            throw EndpointError(.unknownScheme, in: text)
        }
        guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") else {
            throw EndpointError(.missingPort, in: text)
        }
        guard let port = UInt16(rest[rest.index(after: colon)...]), port > 0 || role == .bind else {
            throw EndpointError(.badPort, in: text)
        }
        self.port = port
        host = try Self.host(in: rest[..<colon], of: text)
        if role == .connect, ["*", "0.0.0.0", "::"].contains(host) {
            throw EndpointError(.nowhereToConnect, in: text)
        }
    }

    private static func host(in part: Substring, of text: String) throws(EndpointError) -> String {
        if part.hasPrefix("["), part.hasSuffix("]") {
            let inner = part.dropFirst().dropLast()
            guard inner.contains(":"), inner.allSatisfy({ $0.isHexDigit || ".:%".contains($0) }) else {
                throw EndpointError(.badHost, in: text)
            }
            return String(inner)
        }
        guard !part.isEmpty else { throw EndpointError(.missingHost, in: text) }
        guard part == "*" || part.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-_".contains($0)) })
        else { throw EndpointError(.badHost, in: text) }
        return String(part)
    }

    /// Whether only programs of this machine are reached.
    public var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    var usesVersion6: Bool { host.contains(":") }

    /// As libzmq writes it.
    public var address: String {
        // libzmq binds to interfaces and addresses, not to names.
        let host =
            if role == .bind, self.host == "localhost" {
                "127.0.0.1"
            } else if usesVersion6 {
                "[\(self.host)]"
            } else {
                self.host
            }
        return "tcp://\(host):\(port == 0 ? "*" : String(port))"
    }

    public var description: String {
        "\(role == .bind ? "bind" : "tcp")://\(usesVersion6 ? "[\(host)]" : host):\(port)"
    }
}
