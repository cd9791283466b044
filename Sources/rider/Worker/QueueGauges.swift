import Metrics
import RiderModel
import RiderQueue

/// The queue's size and age, asked for when somebody looks.
struct QueueGauges: Sendable {
    private let sizes: [Gauge]
    private let oldest: Gauge
    private let waiting: Gauge
    private let leased: Gauge
    private let delayed: Gauge
    private let superseded: Gauge
    private let limit: Gauge
    private let deadLetters: Gauge
    private let queue: any TaskQueue
    private let time: TimeSource

    init(queue: any TaskQueue, factory: any MetricsFactory, time: TimeSource = .system) {
        self.queue = queue
        self.time = time
        func gauge(_ name: String, _ labels: [(String, String)] = []) -> Gauge {
            Gauge(label: name, dimensions: [("queue_name", "main")] + labels, factory: factory)
        }
        sizes = Priority.all.map { gauge("task_queue_size", [("priority", String($0.rawValue))]) }
        oldest = gauge("task_queue_oldest_waiting_seconds")
        waiting = gauge("task_queue_tasks", [("state", "waiting")])
        leased = gauge("task_queue_tasks", [("state", "leased")])
        delayed = gauge("task_queue_tasks", [("state", "delayed")])
        superseded = gauge("task_queue_tasks", [("state", "superseded")])
        limit = gauge("task_queue_limit")
        deadLetters = gauge("task_queue_dead_letters")
    }

    /// Leaves the old values when the queue is away; the readiness check tells of that.
    func refresh() async {
        guard let stats = try? await queue.stats() else { return }
        for level in Priority.all {
            sizes[level.rawValue - 1].record(stats.waiting[level] ?? 0)
        }
        oldest.record(stats.oldestWaiting.map { max(0, (time.wall() - $0).inSeconds) } ?? 0)
        waiting.record(stats.totalWaiting)
        leased.record(stats.leased)
        delayed.record(stats.delayed)
        superseded.record(stats.superseded)
        limit.record(stats.limit)
        deadLetters.record(stats.dead)
    }
}
