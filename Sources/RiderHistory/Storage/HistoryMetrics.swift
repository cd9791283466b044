import Metrics

/// What the history says about itself, made once.
struct HistoryMetrics: Sendable {
    let rounds: Counter
    let roundSeconds: Timer
    let bytes: Gauge
    let skippedSeries: Counter
    let setAside: Counter
    private let lostRounds: [LossReason: Counter]
    private let messages: [MetricSampler.Publisher.Outcome: Counter]

    /// Why a round is not in the history.
    enum LossReason: String, CaseIterable {
        /// No room on the disk or within the limit.
        case full
        case damaged
        case unavailable
    }

    init(factory: any MetricsFactory) {
        rounds = Counter(label: "metrics_sample_rounds_total", factory: factory)
        roundSeconds = Timer(label: "metrics_sample_seconds", factory: factory)
        bytes = Gauge(label: "metrics_sample_bytes", factory: factory)
        skippedSeries = Counter(label: "metrics_sample_series_skipped_total", factory: factory)
        setAside = Counter(label: "metrics_sample_files_set_aside_total", factory: factory)
        lostRounds = Dictionary(
            uniqueKeysWithValues: LossReason.allCases.map {
                (
                    $0,
                    Counter(
                        label: "metrics_sample_rounds_lost_total", dimensions: [("reason", $0.rawValue)],
                        factory: factory)
                )
            })
        messages = Dictionary(
            uniqueKeysWithValues: MetricSampler.Publisher.Outcome.allCases.map {
                (
                    $0,
                    Counter(
                        label: "metrics_sample_messages_total", dimensions: [("outcome", $0.rawValue)],
                        factory: factory)
                )
            })
    }

    func countLost(_ code: HistoryError.Code) {
        let reason: LossReason =
            switch code {
            case .full: .full
            case .damaged, .incompatible: .damaged
            default: .unavailable
            }
        lostRounds[reason]?.increment()
    }

    func count(_ outcome: MetricSampler.Publisher.Outcome) {
        messages[outcome]?.increment()
    }
}
