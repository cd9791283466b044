import Metrics

/// `link_up{link="robot_http"}`, `public_address_confirmed` and `robot_heartbeats_total{outcome}`.
struct RobotContactMetrics: Sendable {
    enum Heartbeat: String, Sendable, CaseIterable {
        case sent
        /// The robot answered that it does not want it.
        case refused
        case unreachable
        /// The address does not lead here: it was not told.
        case heldBack = "held_back"
    }

    private let link: Gauge
    private let address: Gauge
    private let heartbeats: [Heartbeat: Counter]

    init(factory: any MetricsFactory) {
        link = Gauge(label: "link_up", dimensions: [("link", "robot_http")], factory: factory)
        link.record(0)
        address = Gauge(label: "public_address_confirmed", factory: factory)
        address.record(0)
        heartbeats = Dictionary(
            uniqueKeysWithValues: Heartbeat.allCases.map { outcome in
                let dimensions = [("outcome", outcome.rawValue)]
                return (
                    outcome, Counter(label: "robot_heartbeats_total", dimensions: dimensions, factory: factory)
                )
            })
    }

    func linkIsUp(_ isUp: Bool) { link.record(isUp ? 1 : 0) }
    func address(isConfirmed: Bool) { address.record(isConfirmed ? 1 : 0) }
    func heartbeat(_ outcome: Heartbeat) { heartbeats[outcome]?.increment() }
}
