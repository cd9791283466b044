import Metrics
import RiderJournal
import RiderModel
import Synchronization

/// What the publisher counts.
final class TelemetryMetrics: Sendable {
    private let factory: any MetricsFactory
    private let link: Gauge
    private let messages = Mutex<[Key: Counter]>([:])

    private struct Key: Hashable {
        var outcome: DeliveryReport.Outcome
        var isReplay: Bool
    }

    init(factory: any MetricsFactory) {
        self.factory = factory
        link = Gauge(label: "link_up", dimensions: [("link", "telemetry")], factory: factory)
        link.record(0)
    }

    func linkIsUp(_ isUp: Bool) {
        link.record(isUp ? 1 : 0)
    }

    func count(_ counts: [DeliveryReport.Outcome: Int], ofReplay isReplay: Bool = false) {
        if counts.isEmpty { return }
        messages.withLock { messages in
            for (outcome, count) in counts {
                let key = Key(outcome: outcome, isReplay: isReplay)
                let counter =
                    messages[key]
                    ?? Counter(
                        label: isReplay ? "replay_messages_total" : "telemetry_messages_total",
                        dimensions: [("topic", outcome.topic.name), ("outcome", outcome.state.name)], factory: factory)
                messages[key] = counter
                counter.increment(by: count)
            }
        }
    }
}
