import RiderModel
import RiderQueue
import RiderReplay

/// What the server answers with. It knows none of the rooms behind these closures except the queue's own words.
public struct HTTPSources: Sendable {
    /// Puts tasks into the queue: ``RiderQueue/TaskQueue/enqueue(_:)``.
    public typealias TaskSubmission = @Sendable ([NewTask]) async throws(QueueError) -> [EnqueueOutcome]

    /// Makes a result of a `text.generate` task now, without the queue. When it is cancelled, it took too long and must return.
    public typealias Generation = @Sendable (TaskEnvelope) async -> TaskResult

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

    /// Answers `POST /providers/text/generate`; nil when there is no text provider.
    public var generate: Generation?
    /// What `GET /healthz` says: the robot's own health as it was last heard. nil when there is no robot; then it is this
    /// worker's.
    public var robotHealth: (@Sendable () -> JSONValue)?
    /// Carries out what `/api/replays` asks for; nil when this process sends no replays.
    public var replays: (any ReplayControl)?

    public init(
        metrics: @escaping @Sendable () async -> [UInt8], health: any HealthSource,
        capabilities: CapabilitiesSnapshot, submit: TaskSubmission? = nil,
        queueStats: (@Sendable () async throws(QueueError) -> QueueStats)? = nil,
        generate: Generation? = nil, robotHealth: (@Sendable () -> JSONValue)? = nil,
        replays: (any ReplayControl)? = nil
    ) {
        self.replays = replays
        self.metrics = metrics
        self.health = health
        self.capabilities = capabilities
        self.submit = submit
        self.queueStats = queueStats
        self.generate = generate
        self.robotHealth = robotHealth
    }
}
