import RiderModel

/// Runs tasks of one type: a task in, a result out.
protocol Engine: Sendable {
    var taskType: TaskType { get }

    /// As the configuration names it. Engines of one provider that have the same name share a circuit breaker.
    var name: String { get }

    var kind: EngineKind { get }

    /// What ``EngineChoice`` enforces around ``perform(_:)`` is time and concurrency; the size of answers is the engine's own
    /// business, because only it can stop reading.
    var limits: EngineLimits { get }

    /// True when the engine itself logs whether it can work, because it does not know it at the start.
    var reportsItself: Bool { get }

    /// Whether it could work now.
    func status() async -> EngineStatus

    /// The same, when that is known without asking anybody; nil when only asking tells.
    var ownStatus: EngineStatus? { get }

    /// Makes a result. When the surrounding task is cancelled, the work really ends: processes are killed, requests dropped.
    ///
    /// - Throws: ``EngineError`` for what becomes a failed result, `CancellationError` when cancelled.
    func perform(_ task: ClaimedTask) async throws -> TaskResult

    /// Keeps what the engine needs alive until cancelled. Returns at once when there is nothing to keep.
    func run() async throws
}

extension Engine {
    var isBuiltIn: Bool { kind == .builtin }
    var limits: EngineLimits { EngineLimits() }
    var reportsItself: Bool { false }
    var ownStatus: EngineStatus? { nil }

    func run() async throws {}

    func available(_ detail: String) -> EngineStatus {
        EngineStatus(taskType: taskType, engine: name, kind: kind, available: true, detail: detail)
    }

    func missing(_ detail: String) -> EngineStatus {
        EngineStatus(taskType: taskType, engine: name, kind: kind, available: false, detail: detail)
    }
}
