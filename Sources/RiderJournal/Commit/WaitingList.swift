import DequeModule

/// Appends on their way to a commit: admitted ones wait for the writer, those beyond the limits wait for room. Strictly
/// first in, first out.
struct WaitingList<Payload> {
    struct Item {
        let id: UInt64
        let rows: Int
        let bytes: Int
        /// Monotonic nanoseconds.
        let arrival: UInt64
        let payload: Payload
    }

    let maxRows: Int
    let maxBytes: Int
    private var admitted: Deque<Item> = []
    private var blocked: Deque<Item> = []
    private(set) var admittedRows = 0
    private(set) var admittedBytes = 0

    init(maxRows: Int, maxBytes: Int) {
        self.maxRows = maxRows
        self.maxBytes = maxBytes
    }

    var isEmpty: Bool { admitted.isEmpty && blocked.isEmpty }
    var blockedCount: Int { blocked.count }

    /// Whether an append of this size would be admitted now. One that is larger than a limit is admitted alone.
    func hasRoom(rows: Int, bytes: Int) -> Bool {
        blocked.isEmpty && fits(rows: rows, bytes: bytes)
    }

    private func fits(rows: Int, bytes: Int) -> Bool {
        admitted.isEmpty || (admittedRows + rows <= maxRows && admittedBytes + bytes <= maxBytes)
    }

    mutating func append(_ item: Item) {
        if hasRoom(rows: item.rows, bytes: item.bytes) {
            admit(item)
        } else {
            blocked.append(item)
        }
    }

    private mutating func admit(_ item: Item) {
        admittedRows += item.rows
        admittedBytes += item.bytes
        admitted.append(item)
    }

    /// Takes out an append that still waits for room; nil when it has been admitted or is unknown.
    mutating func withdraw(_ id: UInt64) -> Payload? {
        guard let index = blocked.firstIndex(where: { $0.id == id }) else { return nil }
        let payload = blocked.remove(at: index).payload
        // It may have been the one that did not fit.
        admitBlocked()
        return payload
    }

    /// The oldest appends up to the size of one group.
    func nextGroup(_ policy: CommitPolicy) -> CommitGroup {
        var group = CommitGroup()
        for item in admitted {
            group.add(rows: item.rows, bytes: item.bytes, arrival: item.arrival)
            if policy.isFull(group) { break }
        }
        return group
    }

    /// Takes the appends of a group out, and admits as many of the blocked ones as then fit.
    mutating func take(_ group: CommitGroup) -> [Item] {
        let items = Array(admitted.prefix(group.appends))
        admitted.removeFirst(items.count)
        admittedRows -= group.rows
        admittedBytes -= group.bytes
        admitBlocked()
        return items
    }

    /// Takes everything out, blocked appends included.
    mutating func takeAll() -> [Item] {
        defer {
            admitted.removeAll()
            blocked.removeAll()
            admittedRows = 0
            admittedBytes = 0
        }
        return Array(admitted) + Array(blocked)
    }

    private mutating func admitBlocked() {
        while let next = blocked.first, fits(rows: next.rows, bytes: next.bytes) {
            blocked.removeFirst()
            admit(next)
        }
    }
}

extension WaitingList: Sendable where Payload: Sendable {}
extension WaitingList.Item: Sendable where Payload: Sendable {}
