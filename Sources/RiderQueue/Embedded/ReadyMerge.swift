import RiderModel

/// Reads the waiting tasks of several types side by side, in the order of claims.
///
/// A domain without a free place is left out, so a backlog of its tasks is never scanned. While this reads, the rows must not be
/// changed.
struct ReadyMerge {
    struct Head {
        let type: TaskType
        let priority: Int
        let position: Int64
    }

    private struct Stream {
        let type: TaskType
        let rows: PreparedStatement
        /// nil after the last row.
        var head: Head?
        /// The last row that was taken.
        var taken: Head?

        mutating func advance() throws {
            head =
                try rows.step()
                ? Head(type: type, priority: Int(rows.integer(0)), position: rows.integer(1)) : nil
        }
    }

    private var streams: [Stream] = []
    private var capacity: [Domain: Int]
    /// Where the next task comes from.
    private var current: Int?

    init(_ statements: QueueStatements, capacity: [Domain: Int]) throws {
        self.capacity = capacity
        for type in TaskType.allCases where capacity[type.domain, default: 0] > 0 {
            guard let rows = statements.heads[type] else { continue }
            try rows.start(type.rawValue)
            var stream = Stream(type: type, rows: rows)
            try stream.advance()
            streams.append(stream)
        }
        choose()
    }

    /// The most urgent, oldest task that there is a place for.
    var head: Head? { current.flatMap { streams[$0].head } }

    /// The statement whose current row is ``head``.
    var row: PreparedStatement? { current.map { streams[$0].rows } }

    /// How far each stream was taken.
    var taken: [(TaskType, Head)] { streams.compactMap { stream in stream.taken.map { (stream.type, $0) } } }

    /// The head as a task; its bytes are read only here.
    func task(_ now: UnixTime) throws(EnvelopeError) -> ClaimedTask {
        guard let head, let row else { preconditionFailure("no task is waiting") }
        let deadline = row.optionalInteger(4)
        return ClaimedTask(
            envelope: try TaskEnvelope(parsing: row.bytes(5)), position: head.position,
            attempts: Int(row.integer(2)), enqueuedAt: row.integer(3), deadline: deadline, now: now,
            refusal: deadline.map { $0 <= now.milliseconds } ?? false ? .expired : nil)
    }

    /// The head takes a place of its domain.
    mutating func takePlace() {
        guard let head else { return }
        capacity[head.type.domain, default: 0] -= 1
    }

    /// Takes the head and goes on to the next task.
    mutating func advance() throws {
        guard let current else { return }
        streams[current].taken = streams[current].head
        try streams[current].advance()
        choose()
    }

    /// Ends the reading; harmless when called again.
    func end() {
        for stream in streams { stream.rows.reset() }
    }

    private mutating func choose() {
        current = nil
        var best = (priority: Int.max, position: Int64.max)
        for (index, stream) in streams.enumerated() {
            guard let head = stream.head, capacity[stream.type.domain, default: 0] > 0 else { continue }
            if (head.priority, head.position) < best {
                best = (head.priority, head.position)
                current = index
            }
        }
    }
}
