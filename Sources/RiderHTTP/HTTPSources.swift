import RiderQueue
import RiderReplay

/// What the server answers with. It knows none of the rooms behind these closures except the queue's own words.
public struct HTTPSources: Sendable {
    /// Puts tasks into the queue: ``RiderQueue/TaskQueue/enqueue(_:)``.
    public typealias TaskSubmission = @Sendable ([NewTask]) async throws(QueueError) -> [EnqueueOutcome]

    /// The text of `GET /metrics`.
    public var metrics: @Sendable () async -> [UInt8]
    /// What `GET /health/ready` reports.
    public var health: any HealthSource
    /// What `GET /providers/capabilities` says; it is ready-made, so that the answer depends on nothing.
    public var capabilities: CapabilitiesSnapshot
    /// Takes the tasks of `POST /api/tasks`; nil when this process takes none over HTTP.
    public var submit: TaskSubmission?
    /// What `GET /api/queue` shows; nil when there is no queue here.
    public var queueStats: (@Sendable () async throws(QueueError) -> QueueStats)?

    /// Carries out what `/api/replays` asks for; nil when this process sends no replays.
    public var replays: (any ReplayControl)?

    public init(
        metrics: @escaping @Sendable () async -> [UInt8], health: any HealthSource,
        capabilities: CapabilitiesSnapshot, submit: TaskSubmission? = nil,
        queueStats: (@Sendable () async throws(QueueError) -> QueueStats)? = nil,
        replays: (any ReplayControl)? = nil
    ) {
        self.replays = replays
        self.metrics = metrics
        self.health = health
        self.capabilities = capabilities
        self.submit = submit
        self.queueStats = queueStats
    }
}
