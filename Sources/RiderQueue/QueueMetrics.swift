import Metrics

/// What a queue counts, the same for every backend.
package struct QueueMetrics: Sendable {
    package let enqueued: Counter
    package let full: Counter
    package let expired: Counter
    package let superseded: Counter
    package let dead: Counter
    package let retried: Counter
    package let reaped: Counter
    /// Dead letters that newer ones pushed out.
    package let deadDropped: Counter

    package init(factory: any MetricsFactory) {
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
