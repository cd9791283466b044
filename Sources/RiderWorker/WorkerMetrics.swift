import Metrics
import RiderModel

/// The series that a worker keeps; made once.
struct WorkerMetrics: Sendable {
    private let processed: [TaskType: [TaskResult.Status: Counter]]
    private let durations: [TaskType: Timer]
    private let waits: [Timer]

    /// - Parameter providerNames: of the domains whose tasks are finished here.
    init(providerNames: [Domain: String], factory: any MetricsFactory) {
        var processed: [TaskType: [TaskResult.Status: Counter]] = [:]
        var durations: [TaskType: Timer] = [:]
        for type in TaskType.allCases {
            guard let name = providerNames[type.domain] else { continue }
            let labels = [("provider", name), ("task_type", type.rawValue)]
            for status in TaskResult.Status.allCases {
                processed[type, default: [:]][status] = Counter(
                    label: "provider_tasks_processed_total", dimensions: labels + [("status", status.rawValue)],
                    factory: factory)
            }
            durations[type] = Timer(
                label: "provider_task_duration_seconds", dimensions: labels, factory: factory)
        }
        self.processed = processed
        self.durations = durations
        waits = Priority.all.map {
            Timer(
                label: "task_queue_wait_seconds", dimensions: [("priority", String($0.rawValue))], factory: factory)
        }
    }

    func claimed(_ task: ClaimedTask) {
        waits[task.envelope.priority.rawValue - 1].recordNanoseconds(task.waited.wholeMilliseconds * 1_000_000)
    }

    func finished(_ type: TaskType, _ result: TaskResult) {
        processed[type]?[result.status]?.increment()
        if let milliseconds = result.processingMilliseconds {
            durations[type]?.recordNanoseconds(Int64(milliseconds * 1e6))
        }
    }
}
