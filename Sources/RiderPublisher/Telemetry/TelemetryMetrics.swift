import Metrics
import RiderJournal
import RiderModel

/// What the publisher counts.
struct TelemetryMetrics: Sendable {
    private let link: Gauge
    private let messages: [DeliveryReport.Outcome: Counter]
    private let replayed: [DeliveryReport.Outcome: Counter]
    private let unsent: Gauge

    init(factory: any MetricsFactory) {
        link = Gauge(label: "link_up", dimensions: [("link", "telemetry")], factory: factory)
        link.record(0)
        unsent = Gauge(label: "telemetry_unsent_messages", factory: factory)
        unsent.record(0)
        func counters(_ label: String) -> [DeliveryReport.Outcome: Counter] {
            var counters: [DeliveryReport.Outcome: Counter] = [:]
            // All of them from the start: a rate misses the first message of a series that appears with it.
            for topic in TelemetryTopic.allCases {
                for state in DeliveryState.allCases where state != .journaled {
                    counters[.init(topic: topic, state: state)] = Counter(
                        label: label, dimensions: [("topic", topic.name), ("outcome", state.name)], factory: factory)
                }
            }
            return counters
        }
        messages = counters("telemetry_messages_total")
        replayed = counters("replay_messages_total")
    }

    func linkIsUp(_ isUp: Bool) {
        link.record(isUp ? 1 : 0)
    }

    func count(_ counts: [DeliveryReport.Outcome: Int]) {
        for (outcome, count) in counts { messages[outcome]?.increment(by: count) }
    }

    /// The same of replays and catch-ups.
    func countReplayed(_ counts: [DeliveryReport.Outcome: Int]) {
        for (outcome, count) in counts { replayed[outcome]?.increment(by: count) }
    }

    func showUnsent(_ count: Int) {
        unsent.record(count)
    }
}
