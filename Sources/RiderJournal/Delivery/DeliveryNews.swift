/// Outcomes that have been reported and wait for being written.
struct DeliveryNews: Sendable {
    var ledger = DeliveryLedger()
    var superseded: [Int64] = []
    /// The queue has answered for every row up to here; 0: nothing new.
    var acknowledgedUpTo: Int64 = 0

    var isEmpty: Bool { ledger.isEmpty && superseded.isEmpty && acknowledgedUpTo == 0 }
    /// What a limit is compared with.
    var size: Int { ledger.ranges.count + superseded.count }

    /// Puts back what could not be written, below what was reported meanwhile.
    mutating func putBack(_ older: DeliveryNews) {
        var merged = older.ledger
        for range in ledger.ranges { merged.record(range) }
        ledger = merged
        superseded = older.superseded + superseded
        acknowledgedUpTo = max(older.acknowledgedUpTo, acknowledgedUpTo)
    }
}

extension DeliveryNews {
    /// Forgets the oldest runs beyond a limit. Superseded rows are never forgotten: they are few, since nothing that cannot be written
    /// is ever acknowledged.
    ///
    /// - Returns: how many.
    mutating func drop(keeping limit: Int) -> Int {
        let excess = min(size - limit, ledger.ranges.count)
        guard excess > 0 else { return 0 }
        ledger = DeliveryLedger(sorted: Array(ledger.ranges.dropFirst(excess)))
        return excess
    }
}
