import Metrics

/// The journal's metrics, made once.
struct JournalMetrics: Sendable {
    let commits: Counter
    let rows: Counter
    let commitSeconds: Timer
    let failedCommits: Counter
    let waitingRows: Gauge
    let bytes: Gauge
    /// Bytes that hold something: what is compared with the quota.
    let usedBytes: Gauge
    /// The quota.
    let maxBytes: Gauge
    /// 1 while the journal lives on its reserve.
    let diskFull: Gauge
    let refusedStates: Counter
    private let removed: [ResultsFile.RemovalReason: Counter]

    init(factory: any MetricsFactory) {
        commits = Counter(label: "journal_commits_total", factory: factory)
        rows = Counter(label: "journal_rows_total", factory: factory)
        commitSeconds = Timer(label: "journal_commit_seconds", factory: factory)
        failedCommits = Counter(label: "journal_commit_failures_total", factory: factory)
        waitingRows = Gauge(label: "journal_waiting_rows", factory: factory)
        bytes = Gauge(label: "journal_bytes", factory: factory)
        usedBytes = Gauge(label: "journal_used_bytes", factory: factory)
        maxBytes = Gauge(label: "journal_max_bytes", factory: factory)
        diskFull = Gauge(label: "journal_disk_full", factory: factory)
        refusedStates = Counter(label: "journal_delivery_refused_total", factory: factory)
        removed = Dictionary(
            uniqueKeysWithValues: ResultsFile.RemovalReason.allCases.map {
                (
                    $0,
                    Counter(
                        label: "journal_rows_removed_total", dimensions: [("reason", $0.rawValue)], factory: factory)
                )
            })
    }

    func count(_ removal: ResultsFile.Removal) {
        removed[removal.reason]?.increment(by: removal.rows)
    }
}
