import RiderModel

/// Runs tasks of one type: a task in, a result out.
protocol Engine: Sendable {
    var taskType: TaskType { get }

    /// As the configuration names it.
    var name: String { get }

    /// True for work done in this process at once: it cannot be away, so neither circuit breaker nor deadline apply to it.
    var isBuiltIn: Bool { get }

    /// True when the engine itself logs whether it can work, because it does not know it at the start.
    var reportsItself: Bool { get }

    /// Whether it could work now.
    func status() async -> EngineStatus

    /// Makes a result.
    ///
    /// - Throws: ``EngineError`` for what becomes a failed result, `CancellationError` when cancelled.
    func perform(_ task: ClaimedTask) async throws -> TaskResult

    /// Keeps what the engine needs alive until cancelled. Returns at once when there is nothing to keep.
    func run() async throws
}

extension Engine {
    var isBuiltIn: Bool { false }
    var reportsItself: Bool { false }

    func run() async throws {}

    func available(_ detail: String) -> EngineStatus {
        EngineStatus(taskType: taskType, engine: name, available: true, detail: detail)
    }

    func missing(_ detail: String) -> EngineStatus {
        EngineStatus(taskType: taskType, engine: name, available: false, detail: detail)
    }
}
