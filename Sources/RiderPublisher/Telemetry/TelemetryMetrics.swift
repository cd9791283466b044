import Metrics
import RiderJournal
import RiderModel

/// What the publisher counts.
struct TelemetryMetrics: Sendable {
    private let link: Gauge
    private let messages: [DeliveryReport.Outcome: Counter]
    private let unsent: Gauge

    init(factory: any MetricsFactory) {
        link = Gauge(label: "link_up", dimensions: [("link", "telemetry")], factory: factory)
        link.record(0)
        unsent = Gauge(label: "telemetry_unsent_messages", factory: factory)
        unsent.record(0)
        var messages: [DeliveryReport.Outcome: Counter] = [:]
        // All of them from the start: a rate misses the first message of a series that appears with it.
        for topic in TelemetryTopic.allCases {
            for state in DeliveryState.allCases where state != .journaled {
                messages[.init(topic: topic, state: state)] = Counter(
                    label: "telemetry_messages_total", dimensions: [("topic", topic.name), ("outcome", state.name)],
                    factory: factory)
            }
        }
        self.messages = messages
    }

    func linkIsUp(_ isUp: Bool) {
        link.record(isUp ? 1 : 0)
    }

    func count(_ counts: [DeliveryReport.Outcome: Int]) {
        for (outcome, count) in counts { messages[outcome]?.increment(by: count) }
    }

    func showUnsent(_ count: Int) {
        unsent.record(count)
    }
}
