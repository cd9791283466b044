import Metrics
import RiderModel

/// The metrics of gap recovery, made once.
struct RecoveryMetrics: Sendable {
    private let listeners: Gauge
    private let requests: [String: Counter]
    private let refused: [RecoveryRefusal.Reason: Counter]
    private let messages: [TelemetryTopic: Counter]
    private let gone: [RecoveryAnswer.Gone: Counter]
    private let acknowledgements: [RecoveryStateMachine.AcknowledgementOutcome: Counter]
    private let acknowledgedRows: Counter

    init(factory: any MetricsFactory) {
        func counters<Key: Hashable>(
            _ label: String, _ dimension: String, _ keys: [Key], _ name: (Key) -> String
        ) -> [Key: Counter] {
            Dictionary(
                uniqueKeysWithValues: keys.map {
                    ($0, Counter(label: label, dimensions: [(dimension, name($0))], factory: factory))
                })
        }
        listeners = Gauge(label: "recovery_listeners", factory: factory)
        listeners.record(0)
        requests = counters("recovery_requests_total", "type", ListenerRequest.kinds) { $0 }
        refused = counters("recovery_refused_total", "reason", RecoveryRefusal.Reason.allCases, \.rawValue)
        messages = counters("recovery_messages_total", "topic", TelemetryTopic.allCases, \.name)
        gone = counters("recovery_gone_total", "reason", RecoveryAnswer.Gone.allCases, \.rawValue)
        acknowledgements = counters(
            "recovery_acknowledgements_total", "outcome", RecoveryStateMachine.AcknowledgementOutcome.allCases,
            \.rawValue)
        acknowledgedRows = Counter(label: "recovery_acknowledged_rows_total", factory: factory)
    }

    func note(_ tally: RecoveryStateMachine.Tally, listeners count: Int) {
        listeners.record(count)
        for (key, count) in tally.requests { requests[key]?.increment(by: count) }
        for (key, count) in tally.refused { refused[key]?.increment(by: count) }
        for (key, count) in tally.messages { messages[key]?.increment(by: count) }
        for (key, count) in tally.gone { gone[key]?.increment(by: count) }
        for (key, count) in tally.acknowledgements { acknowledgements[key]?.increment(by: count) }
        if tally.acknowledgedRows > 0 { acknowledgedRows.increment(by: tally.acknowledgedRows) }
    }
}
