import Metrics

/// The metrics of outages, made once.
struct OutageMetrics: Sendable {
    private let lasting: [Outage.Cause: Gauge]
    private let total: [Outage.Cause: Counter]

    init(factory: any MetricsFactory) {
        func each<Metric>(_ make: ([(String, String)]) -> Metric) -> [Outage.Cause: Metric] {
            Dictionary(uniqueKeysWithValues: Outage.Cause.allCases.map { ($0, make([("cause", $0.rawValue)])) })
        }
        lasting = each { Gauge(label: "telemetry_outage", dimensions: $0, factory: factory) }
        total = each { Counter(label: "telemetry_outages_total", dimensions: $0, factory: factory) }
        ended()
    }

    func began(_ cause: Outage.Cause) {
        lasting[cause]?.record(1)
        count(cause)
    }

    func count(_ cause: Outage.Cause) {
        total[cause]?.increment()
    }

    func ended() {
        for gauge in lasting.values { gauge.record(0) }
    }
}
