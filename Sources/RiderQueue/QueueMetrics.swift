import Metrics

/// What a queue counts, the same for every backend.
struct QueueMetrics: Sendable {
    let enqueued: Counter
    let full: Counter
    let expired: Counter
    let superseded: Counter
    let dead: Counter
    let retried: Counter
    let reaped: Counter
    /// Dead letters that newer ones pushed out.
    let deadDropped: Counter

    init(factory: any MetricsFactory) {
        func counter(_ name: String) -> Counter { Counter(label: "task_queue_\(name)_total", factory: factory) }
        enqueued = counter("enqueued")
        full = counter("full")
        expired = counter("expired")
        superseded = counter("superseded")
        dead = counter("dead")
        retried = counter("retried")
        reaped = counter("reaped")
        deadDropped = counter("dead_dropped")
    }
}
