import RiderModel

/// Turns the tasks of one domain into results.
///
/// A provider never invents a result: when an engine is missing or fails, the result is `failed` and says
/// `fallback_required`, so that the robot works locally.
public protocol Provider: Sendable {
    var domain: Domain { get }

    /// The name in metrics and capabilities: `VoiceProvider`, `VisionProvider`, `TextProvider`.
    var name: String { get }

    /// Tasks that may run at once.
    var maxConcurrentTasks: Int { get }

    /// What runs tasks of each type now, for the log at start, `/health/ready` and capabilities.
    func engines() async -> [EngineStatus]

    /// Rings when ``refreshed(_:)`` has something new to say. For one reader.
    var engineChanges: AsyncStream<Void> { get }

    /// What ``engines()`` said last, with all that is known by now without asking anybody: breakers, and whether processes live.
    func refreshed(_ statuses: [EngineStatus]) -> [EngineStatus]

    /// Works on one task until it has a result, its time is up or the surrounding task is cancelled.
    ///
    /// - Throws: `CancellationError` when cancelled; anything else means that the provider itself is broken, and the queue
    ///   tries the task again later.
    func process(_ task: ClaimedTask) async throws -> TaskResult

    /// Keeps engines alive until cancelled. Returns at once when there is nothing to keep.
    func run() async throws
}

extension Provider {
    /// A provider whose engines never change by themselves.
    public var engineChanges: AsyncStream<Void> { AsyncStream { $0.finish() } }

    public func refreshed(_ statuses: [EngineStatus]) -> [EngineStatus] { statuses }
}

/// One engine as it is now.
public struct EngineStatus: Sendable, Hashable {
    public var taskType: TaskType
    /// As the configuration names it.
    public var engine: String
    public var kind: EngineKind
    public var available: Bool
    /// A version or model when available, otherwise what is missing and how to get it.
    public var detail: String
    /// The engine's circuit breaker; a built-in engine has none and is always `closed`.
    public var breaker: CircuitBreaker.State
    /// While the breaker is open: how long it will go on refusing.
    public var untilRetry: Duration?

    /// Whether a task would be given to it now: it can work, and its breaker does not refuse.
    public var worksNow: Bool { available && untilRetry ?? .zero <= .zero }

    public init(
        taskType: TaskType, engine: String, kind: EngineKind = .builtin, available: Bool, detail: String,
        breaker: CircuitBreaker.State = .closed, untilRetry: Duration? = nil
    ) {
        self.taskType = taskType
        self.engine = engine
        self.kind = kind
        self.available = available
        self.detail = detail
        self.breaker = breaker
        self.untilRetry = untilRetry
    }
}
