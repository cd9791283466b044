import RiderModel

/// What a worker that did not end in order has left behind, as its successor of the same name knows it.
public struct WorkerRemains: Sendable {
    /// A result that is in the journal, while nobody knows whether the queue has taken its acknowledgement.
    public struct JournaledResult: Sendable, Hashable {
        public let taskID: String
        public let lease: ClaimedTask.Lease

        public init(taskID: String, lease: ClaimedTask.Lease) {
            self.taskID = taskID
            self.lease = lease
        }
    }

    public var journaled: [JournaledResult]
    /// The tasks that were being worked on when the worker died. The other tasks it held are not to blame and get the attempt back
    /// that their claim cost. nil when nobody knows: then all of them pay.
    public var started: Set<ClaimedTask.Lease>?

    public init(journaled: [JournaledResult] = [], started: Set<ClaimedTask.Lease>? = nil) {
        self.journaled = journaled
        self.started = started
    }
}

/// What became of an earlier worker's leases.
public struct RecoveredLeases: Sendable, Hashable {
    /// Tasks that went back to the head of their level.
    public var returned: Int
    /// Tasks that became dead letters because their attempts are used up.
    public var died: Int
    /// Journaled results whose leases still held and which are acknowledged now.
    public var acknowledged: Int
    /// Journaled results whose leases had ended before: another claim of their tasks counts. What is neither acknowledged now nor
    /// lost was acknowledged by the earlier worker.
    public var lost: [ClaimedTask.Lease]

    public init(returned: Int = 0, died: Int = 0, acknowledged: Int = 0, lost: [ClaimedTask.Lease] = []) {
        self.returned = returned
        self.died = died
        self.acknowledged = acknowledged
        self.lost = lost
    }
}
