import RiderModel

/// A look into the queue.
public struct QueueStats: Sendable, Hashable {
    /// Tasks that could be claimed now, by level; levels without tasks may be absent.
    public var waiting: [Priority: Int]
    public var leased: Int
    public var delayed: Int
    public var dead: Int
    public var limit: Int
    /// When the oldest task that could be claimed now was put in.
    public var oldestWaiting: UnixTime?
    /// Frames that a newer one replaced and that nobody has answered yet.
    public var superseded: Int
    /// Domains from which nothing is claimed until they are resumed; their waiting tasks are counted like all others.
    public var paused: Set<Domain>

    public init(
        waiting: [Priority: Int], leased: Int, delayed: Int, dead: Int, limit: Int, oldestWaiting: UnixTime?,
        superseded: Int = 0, paused: Set<Domain> = []
    ) {
        self.waiting = waiting
        self.leased = leased
        self.delayed = delayed
        self.dead = dead
        self.limit = limit
        self.oldestWaiting = oldestWaiting
        self.superseded = superseded
        self.paused = paused
    }

    public var totalWaiting: Int { waiting.values.reduce(0, +) }
}

/// One task as `rider queue list` shows it.
public struct QueuedTask: Sendable, Hashable {
    public enum State: String, Sendable, Hashable {
        case waiting
        case leased
        case delayed
        /// A newer frame took its place; it comes out of the next claim to be answered.
        case superseded
    }

    public var id: String
    public var type: TaskType
    public var priority: Priority
    public var state: State
    /// Claims so far, the present one of a leased task included.
    public var attempt: Int
    public var enqueuedAt: UnixTime
    /// Who holds it, for a leased task.
    public var owner: String?
    /// When the lease ends or the wait is over.
    public var until: UnixTime?
    public var bytes: Int

    public init(
        id: String, type: TaskType, priority: Priority, state: State, attempt: Int, enqueuedAt: UnixTime,
        owner: String?, until: UnixTime?, bytes: Int
    ) {
        self.id = id
        self.type = type
        self.priority = priority
        self.state = state
        self.attempt = attempt
        self.enqueuedAt = enqueuedAt
        self.owner = owner
        self.until = until
        self.bytes = bytes
    }
}

/// Something that will not be worked on, kept for inspection.
public struct DeadLetter: Sendable, Hashable {
    public var id: Int64
    public var diedAt: UnixTime
    public var reason: String
    /// nil when the bytes are no readable envelope.
    public var taskID: String?
    public var bytes: [UInt8]

    public init(id: Int64, diedAt: UnixTime, reason: String, taskID: String?, bytes: [UInt8]) {
        self.id = id
        self.diedAt = diedAt
        self.reason = reason
        self.taskID = taskID
        self.bytes = bytes
    }
}
