/// What waits for the next commit, in numbers.
struct CommitGroup: Sendable, Hashable {
    /// Calls of `append`; each is one unit that is never split.
    var appends = 0
    var rows = 0
    var bytes = 0
    /// When the oldest of them arrived, in monotonic nanoseconds.
    var firstArrival: UInt64 = 0

    var isEmpty: Bool { appends == 0 }

    mutating func add(rows: Int, bytes: Int, arrival: UInt64) {
        if isEmpty { firstArrival = arrival }
        appends += 1
        self.rows += rows
        self.bytes += bytes
    }
}
