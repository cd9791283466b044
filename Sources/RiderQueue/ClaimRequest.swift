import RiderModel

/// How many tasks a worker can take now.
public struct ClaimRequest: Sendable, Hashable {
    /// Free places per domain; a domain without an entry gets nothing.
    public var capacity: [Domain: Int]
    /// Tasks of all domains together at most, refused ones included.
    public var limit: Int

    public init(capacity: [Domain: Int], limit: Int) {
        self.capacity = capacity
        self.limit = limit
    }

    /// Claims nothing: for a cycle that only acknowledges.
    public static let nothing = ClaimRequest(capacity: [:], limit: 0)

    /// The same without some domains.
    func excluding(_ domains: Set<Domain>) -> ClaimRequest {
        domains.isEmpty ? self : ClaimRequest(capacity: capacity.filter { !domains.contains($0.key) }, limit: limit)
    }

    /// Those of which it takes something.
    package var domains: Set<Domain> { Set(capacity.filter { $0.value > 0 }.keys) }

    public var isEmpty: Bool { limit <= 0 || capacity.values.allSatisfy { $0 <= 0 } }
}

/// What one cycle gave.
public struct CycleOutcome: Sendable {
    /// In the order in which they must be started: by level (with ``QueueConfiguration/aging`` by aged level), then first in first
    /// out. Tasks with a
    /// ``RiderModel/ClaimedTask/refusal`` are answered, not run; they take no place of `capacity`.
    public var tasks: [ClaimedTask]
    /// Acknowledged leases that this worker no longer held: their tasks belong to another claim, and the results are superseded.
    public var lost: [ClaimedTask.Lease]
    /// Leases of dead workers that ended and whose tasks came back or died in this step.
    public var reaped: Int
    /// Tasks that became dead letters in this step.
    public var died: Int

    public init(tasks: [ClaimedTask] = [], lost: [ClaimedTask.Lease] = [], reaped: Int = 0, died: Int = 0) {
        self.tasks = tasks
        self.lost = lost
        self.reaped = reaped
        self.died = died
    }
}

extension [ClaimedTask] {
    /// Puts them in the order in which they must be started.
    package mutating func sortForStart(aging: Duration) {
        func place(_ task: ClaimedTask) -> (Int, Int64) {
            (task.envelope.priority.aged(by: task.waited, step: aging).rawValue, task.lease.position)
        }
        sort { place($0) < place($1) }
    }
}

/// What became of a task that could not be worked on.
public enum FailOutcome: Sendable, Hashable {
    case retry(at: UnixTime)
    case dead
    /// The lease was no longer held: another claim decides.
    case lost
}
