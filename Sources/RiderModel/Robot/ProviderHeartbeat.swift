/// `provider.<domain>.heartbeat`: what this machine can do for a domain, said to whoever listens on the robot's bus. Nothing on
/// a robot acts on it, so it goes out whoever does the work now.
public struct ProviderHeartbeat: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// Tasks of the domain would be worked on now.
        case online
        /// There is no engine for any of them now.
        case blocked
    }

    public var domain: Domain
    public var status: Status
    /// Seconds, of this machine's clock.
    public var ts: Double
    /// The address under which the robot reaches this machine; nil when none is configured.
    public var baseURL: String?
    /// The round trip of the last request to the robot; nil before the first.
    public var latencyMilliseconds: Double?

    public init(
        domain: Domain, status: Status, ts: Double, baseURL: String? = nil, latencyMilliseconds: Double? = nil
    ) {
        self.domain = domain
        self.status = status
        self.ts = ts
        self.baseURL = baseURL
        self.latencyMilliseconds = latencyMilliseconds
    }

    public static func topic(of domain: Domain) -> String {
        "provider.\(domain.rawValue).heartbeat"
    }

    public var topic: String { Self.topic(of: domain) }

    public var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 160)
        writer.object { writer in
            writer.key("domain")
            writer.string(domain.rawValue)
            writer.key("status")
            writer.string(status.rawValue)
            writer.key("ts")
            writer.number(ts)
            if let baseURL {
                writer.key("base_url")
                writer.string(baseURL)
            }
            if let latencyMilliseconds {
                writer.key("latency_ms")
                writer.number(latencyMilliseconds)
            }
        }
        return writer.bytes
    }
}
