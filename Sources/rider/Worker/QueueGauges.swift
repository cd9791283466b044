import Metrics
import RiderModel
import RiderQueue

/// The queue's size and age, asked for when somebody looks.
struct QueueGauges: Sendable {
    private let sizes: [Gauge]
    private let oldest: Gauge
    private let queue: any TaskQueue
    private let time: TimeSource

    init(queue: any TaskQueue, factory: any MetricsFactory, time: TimeSource = .system) {
        self.queue = queue
        self.time = time
        sizes = Priority.all.map {
            Gauge(
                label: "task_queue_size", dimensions: [("queue_name", "main"), ("priority", String($0.rawValue))],
                factory: factory)
        }
        oldest = Gauge(label: "task_queue_oldest_waiting_seconds", factory: factory)
    }

    /// Leaves the old values when the queue is away; the readiness check tells of that.
    func refresh() async {
        guard let stats = try? await queue.stats() else { return }
        for level in Priority.all {
            sizes[level.rawValue - 1].record(stats.waiting[level] ?? 0)
        }
        oldest.record(stats.oldestWaiting.map { max(0, (time.wall() - $0).inSeconds) } ?? 0)
    }
}
