/// Outcomes that have been reported and wait for being written.
struct DeliveryNews: Sendable {
    var ledger = DeliveryLedger()
    var superseded: [Int64] = []
    /// The queue has answered for every row up to here; 0: nothing new.
    var acknowledgedUpTo: Int64 = 0
    /// By run.
    var replays: [Int64: ReplayNews] = [:]

    var isEmpty: Bool { ledger.isEmpty && superseded.isEmpty && acknowledgedUpTo == 0 && replays.isEmpty }
    /// What a limit is compared with.
    var size: Int { replays.values.reduce(ledger.ranges.count + superseded.count) { $0 + $1.size } }
    /// Steps that were refused before anything was written.
    var refused: Int64 { replays.values.reduce(ledger.refused) { $0 + $1.ledger.refused } }

    /// Puts back what could not be written, below what was reported meanwhile.
    mutating func putBack(_ older: DeliveryNews) {
        var merged = older
        merged.add(self)
        self = merged
    }

    /// Adds what was reported later.
    mutating func add(_ newer: DeliveryNews) {
        for range in newer.ledger.ranges { ledger.record(range) }
        superseded += newer.superseded
        acknowledgedUpTo = max(acknowledgedUpTo, newer.acknowledgedUpTo)
        for (run, news) in newer.replays { replays[run, default: ReplayNews()].add(news) }
    }

    /// Forgets the oldest runs beyond a limit. Superseded rows are never forgotten: they are few, since nothing that cannot be written
    /// is ever acknowledged.
    ///
    /// - Returns: how many.
    mutating func drop(keeping limit: Int) -> Int {
        let excess = size - limit
        guard excess > 0 else { return 0 }
        var left = excess
        let fromLedger = min(left, ledger.ranges.count)
        ledger = DeliveryLedger(sorted: Array(ledger.ranges.dropFirst(fromLedger)))
        left -= fromLedger
        for run in replays.keys.sorted() where left > 0 { left -= replays[run]?.drop(atMost: left) ?? 0 }
        return excess - left
    }
}

/// What was reported of one replay and waits for being written.
struct ReplayNews: Sendable {
    var ledger = DeliveryLedger(rule: .attempt)
    var position: Int64?

    var size: Int { ledger.ranges.count + (position == nil ? 0 : 1) }

    mutating func add(_ newer: ReplayNews) {
        for range in newer.ledger.ranges { ledger.record(range) }
        position = newer.position ?? position
    }

    /// Forgets the oldest runs of states, and never the position.
    mutating func drop(atMost count: Int) -> Int {
        let dropped = min(count, ledger.ranges.count)
        ledger = DeliveryLedger(sorted: Array(ledger.ranges.dropFirst(dropped)), rule: .attempt)
        return dropped
    }
}
