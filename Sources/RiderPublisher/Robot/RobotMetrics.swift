import Metrics
import RiderModel

/// What the robot link counts.
struct RobotMetrics: Sendable {
    private let link: Gauge
    private let messages: [RobotGate.Fate: Counter]

    init(factory: any MetricsFactory) {
        link = Gauge(label: "link_up", dimensions: [("link", "robot")], factory: factory)
        link.record(0)
        var messages: [RobotGate.Fate: Counter] = [:]
        let topics = RobotTopic.allCases.map(\.name) + Domain.allCases.map(ProviderHeartbeat.topic)
        for topic in topics {
            for outcome in RobotGate.Outcome.allCases {
                messages[.init(topic: topic, outcome: outcome)] = Counter(
                    label: "robot_messages_total",
                    dimensions: [("topic", topic), ("outcome", outcome.rawValue)], factory: factory)
            }
        }
        self.messages = messages
    }

    func linkIsUp(_ isUp: Bool) {
        link.record(isUp ? 1 : 0)
    }

    func count(_ fates: [RobotGate.Fate]) {
        for fate in fates { messages[fate]?.increment() }
    }
}
