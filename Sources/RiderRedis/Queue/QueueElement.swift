import RiderModel

/// What the scripts know of a task: `position attempts state enqueued deadline bytes level type task_id`.
struct QueueElement: Sendable, Hashable {
    enum State: UInt8, Sendable {
        case waiting = 0x77
        case superseded = 0x73
        case expired = 0x78
    }

    let position: Int64
    let attempts: Int
    let state: State
    let enqueuedAt: UnixTime
    let deadline: UnixTime?
    let bytes: Int
    let priority: Priority
    let type: Substring
    let id: Substring

    /// - Returns: nil for what is no element.
    init?(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: false)
        guard parts.count == 9, let position = Int64(parts[0]), let attempts = Int(parts[1]),
            let letter = parts[2].utf8.first, let state = State(rawValue: letter), let enqueued = Int64(parts[3]),
            let deadline = Int64(parts[4]), let bytes = Int(parts[5]),
            let priority = Int(parts[6]).flatMap(Priority.init(rawValue:))
        else { return nil }
        self.position = position
        self.attempts = attempts
        self.state = state
        enqueuedAt = UnixTime(milliseconds: enqueued)
        self.deadline = deadline > 0 ? UnixTime(milliseconds: deadline) : nil
        self.bytes = bytes
        self.priority = priority
        type = parts[7]
        id = parts[8]
    }

    var lease: ClaimedTask.Lease { .init(position: position, attempt: attempts) }
}
