/// Outcomes that have been reported and wait for being written.
struct DeliveryNews: Sendable {
    var ledger = DeliveryLedger()
    var superseded: [Int64] = []

    var isEmpty: Bool { ledger.isEmpty && superseded.isEmpty }
    /// What a limit is compared with.
    var size: Int { ledger.ranges.count + superseded.count }

    /// Puts back what could not be written, below what was reported meanwhile.
    mutating func putBack(_ older: DeliveryNews) {
        var merged = older.ledger
        for range in ledger.ranges { merged.record(range) }
        ledger = merged
        superseded = older.superseded + superseded
    }
}

extension DeliveryNews {
    /// Forgets the oldest runs beyond a limit.
    ///
    /// - Returns: how many.
    mutating func drop(keeping limit: Int) -> Int {
        let excess = size - limit
        guard excess > 0 else { return 0 }
        let fromLedger = min(excess, ledger.ranges.count)
        ledger = DeliveryLedger(sorted: Array(ledger.ranges.dropFirst(fromLedger)))
        superseded.removeFirst(excess - fromLedger)
        return excess
    }
}
