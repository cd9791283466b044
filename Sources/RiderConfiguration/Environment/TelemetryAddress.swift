/// What `TELEMETRY_ZMQ_HOST` and `TELEMETRY_ZMQ_PORT` mean together for `telemetry.endpoint`.
///
/// | host | endpoint |
/// |---|---|
/// | `bind://ADDRESS` | `bind://ADDRESS:PORT` |
/// | `0.0.0.0` or `*` | `bind://0.0.0.0:PORT`: the old program bound there, and nobody can connect to it |
/// | another one | `tcp://HOST:PORT`, connected |
/// | not set | `bind://127.0.0.1:PORT`; with a robot the port means nothing, as telemetry goes to its broker |
///
/// The port is 5557 when it is not set.
enum TelemetryAddress {
    static let key = "telemetry.endpoint"
    static let hostName = "TELEMETRY_ZMQ_HOST"
    static let portName = "TELEMETRY_ZMQ_PORT"
    static let standardPort = 5557

    enum Outcome: Equatable {
        case endpoint(String)
        case unused(reason: String)
        case invalid(name: String, reason: String)
    }

    /// - Returns: nil when neither is set.
    static func resolve(host: String?, port: String?, robotHost: String) -> Outcome? {
        guard host != nil || port != nil else { return nil }
        var number = standardPort
        if let port {
            guard let parsed = Int(port.trimmingBlanks), (0...65535).contains(parsed) else {
                return .invalid(name: portName, reason: "must be a port from 0 to 65535, not \"\(port)\"")
            }
            number = parsed
        }
        guard let host = host?.trimmingBlanks else {
            return robotHost.isEmpty
                ? .endpoint("bind://127.0.0.1:\(number)")
                : .unused(
                    reason: "telemetry goes to the robot's broker; set \(hostName) as well to send it elsewhere")
        }
        if host.hasPrefix("bind://") {
            let address = String(host.dropFirst("bind://".count))
            return .endpoint("bind://\(bracketed(address == "*" ? "0.0.0.0" : address)):\(number)")
        }
        if host == "0.0.0.0" || host == "*" { return .endpoint("bind://0.0.0.0:\(number)") }
        let address = host.hasPrefix("tcp://") ? String(host.dropFirst("tcp://".count)) : host
        if address.contains("/") {
            return .invalid(name: hostName, reason: "must be HOST or bind://HOST, not \"\(host)\"")
        }
        return .endpoint("tcp://\(bracketed(address)):\(number)")
    }

    /// An IPv6 address needs brackets in front of a port.
    private static func bracketed(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}
