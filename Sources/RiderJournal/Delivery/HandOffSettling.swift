import DequeModule
import RiderModel

/// Knows up to which row `handed_off` is the end: where no probe confirms, a row counts as delivered when its connection has
/// lived on for a while. Live rows are handed off in the order of `seq`, so one number says it.
struct HandOffSettling: Sendable {
    /// Hand-offs closer together than this are settled together.
    private static let grain: UInt64 = 250_000_000

    /// nil: a probe confirms, and nothing settles by itself.
    private let wait: UInt64?
    /// Hand-offs that have not settled.
    private var pending: Deque<Group> = []
    private(set) var settledUpTo: Int64

    /// Times are monotonic nanoseconds.
    private struct Group {
        let begin: UInt64
        var end: UInt64
        /// The last row.
        var seq: Int64
    }

    init(after wait: Duration?, settledUpTo: Int64) {
        self.wait = wait.map { UInt64(max(0, $0.inSeconds) * 1e9) }
        self.settledUpTo = settledUpTo
    }

    /// Rows up to this one were handed off by now.
    mutating func handedOff(upTo seq: Int64, at now: UInt64) {
        guard wait != nil, seq > (pending.last?.seq ?? settledUpTo) else { return }
        if let last = pending.last, now < last.begin &+ Self.grain {
            pending[pending.endIndex - 1] = Group(begin: last.begin, end: now, seq: seq)
        } else {
            pending.append(Group(begin: now, end: now, seq: seq))
        }
    }

    /// - Returns: the last settled row, when it has changed.
    mutating func settle(at now: UInt64) -> Int64? {
        guard let wait else { return nil }
        let before = settledUpTo
        while let first = pending.first, now >= first.end &+ wait {
            settledUpTo = first.seq
            pending.removeFirst()
        }
        return settledUpTo == before ? nil : settledUpTo
    }

    /// The sockets were closed in good order: what was handed off stays so.
    mutating func settleAll() -> Int64? {
        guard wait != nil, let last = pending.last else { return nil }
        pending.removeAll()
        settledUpTo = last.seq
        return last.seq
    }
}
