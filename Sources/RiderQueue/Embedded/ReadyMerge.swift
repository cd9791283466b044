import RiderModel

/// Reads the waiting tasks of several streams side by side, in the order of claims.
///
/// A domain without a free place is left out, so a backlog of its tasks is never scanned. While this reads, the rows must not be
/// changed.
struct ReadyMerge {
    struct Head {
        let type: TaskType
        let priority: Int
        let position: Int64
        /// The level at which it is claimed.
        let level: Int
    }

    private struct Stream {
        let stream: ReadyStream
        let rows: PreparedStatement
        /// nil after the last row.
        var head: Head?
        /// The last row that was taken.
        var taken: Head?
    }

    private var streams: [Stream] = []
    private var capacity: [Domain: Int]
    private let aging: Duration
    private let now: UnixTime
    /// Where the next task comes from.
    private var current: Int?

    /// - Parameter aging: see ``QueueConfiguration/aging``; the statements must have been prepared for it.
    init(_ statements: QueueStatements, capacity: [Domain: Int], aging: Duration, now: UnixTime) throws {
        self.capacity = capacity
        self.aging = aging
        self.now = now
        for stream in ReadyStream.all(aging: aging > .zero) where capacity[stream.type.domain, default: 0] > 0 {
            guard let rows = statements.heads[stream] else { continue }
            try rows.start(stream.type.rawValue)
            streams.append(Stream(stream: stream, rows: rows))
            try read(streams.count - 1)
        }
        choose()
    }

    /// The most urgent, oldest task that there is a place for.
    var head: Head? { current.flatMap { streams[$0].head } }

    /// The statement whose current row is ``head``.
    var row: PreparedStatement? { current.map { streams[$0].rows } }

    /// How far each stream was taken.
    var taken: [(ReadyStream, Head)] {
        streams.compactMap { stream in stream.taken.map { (stream.stream, $0) } }
    }

    /// The head as a task; its bytes are read only here.
    func task() throws(EnvelopeError) -> ClaimedTask {
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
        try read(current)
        choose()
    }

    /// Ends the reading; harmless when called again.
    func end() {
        for stream in streams { stream.rows.reset() }
    }

    /// Goes on to the next row of a stream.
    private mutating func read(_ index: Int) throws {
        let rows = streams[index].rows
        guard try rows.step() else {
            streams[index].head = nil
            return
        }
        let priority = Int(rows.integer(0))
        var level = priority
        if aging > .zero, let own = Priority(rawValue: priority) {
            level = own.aged(by: now - UnixTime(milliseconds: rows.integer(3)), step: aging).rawValue
        }
        streams[index].head = Head(
            type: streams[index].stream.type, priority: priority, position: rows.integer(1), level: level)
    }

    private mutating func choose() {
        current = nil
        var best = (level: Int.max, position: Int64.max)
        for (index, stream) in streams.enumerated() {
            guard let head = stream.head, capacity[stream.stream.type.domain, default: 0] > 0 else { continue }
            if (head.level, head.position) < best {
                best = (head.level, head.position)
                current = index
            }
        }
    }
}
