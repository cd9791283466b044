import RiderModel

/// Decides when a group is committed. A commit costs one wait for the disk whatever its size, so company is worth
/// waiting for; but a lone appender must not wait for company that never comes.
struct CommitPolicy: Sendable {
    enum Decision: Sendable, Hashable {
        case nothing
        case commit
        /// Look again at this time, or when more has arrived.
        case wait(until: UInt64)
    }

    /// What the policy remembers of the last commit.
    struct LastCommit: Sendable, Hashable {
        /// When it ended, in monotonic nanoseconds.
        var ended: UInt64
        /// How many calls of `append` it held.
        var appends: Int
    }

    let rows: Int
    let bytes: Int
    let intervalNanoseconds: UInt64

    init(_ configuration: JournalConfiguration) {
        rows = max(1, configuration.commitRows)
        bytes = max(1, configuration.commitBytes)
        intervalNanoseconds = UInt64(max(0, configuration.commitInterval.inSeconds) * 1e9)
    }

    func isFull(_ group: CommitGroup) -> Bool {
        group.rows >= rows || group.bytes >= bytes
    }

    /// A group is due when it is full, when it is old, when the journal was idle before it, or when as many appends as the
    /// last commit held have come back: the same appenders, in the steady state. The last rule makes a lone appender
    /// commit at once, and several commit together without waiting out the interval.
    func decide(_ group: CommitGroup, after last: LastCommit?, now: UInt64) -> Decision {
        if group.isEmpty { return .nothing }
        if isFull(group) { return .commit }
        guard let last, now < last.ended &+ intervalNanoseconds else { return .commit }
        if group.appends >= last.appends { return .commit }
        let due = group.firstArrival &+ intervalNanoseconds
        return now >= due ? .commit : .wait(until: due)
    }
}
