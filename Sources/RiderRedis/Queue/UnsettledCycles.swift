import RiderModel

/// Cycles whose answers were lost, and what became of their acknowledgements once that is known.
///
/// A worker whose acknowledgement got no answer acknowledges again. Had the first one been carried out, its lease would be gone and
/// the result would wrongly count as superseded. So every cycle leaves a receipt in Redis, and what it says is remembered here
/// until the worker asks again.
struct UnsettledCycles: Sendable {
    struct Cycle: Sendable, Hashable {
        let token: String
        let field: String
        /// The number in the field.
        let receipt: Int
        let finished: [ClaimedTask.Lease]
        let command: UnansweredCommand
    }

    /// Known outcomes are kept for this many leases; a worker asks again for at most its own.
    static let limit = 65_536

    private(set) var cycles: [Cycle] = []
    private var settled: [ClaimedTask.Lease: Bool] = [:]
    private var order: [ClaimedTask.Lease] = []

    var isEmpty: Bool { cycles.isEmpty && settled.isEmpty }

    mutating func add(_ cycle: Cycle) {
        cycles.append(cycle)
    }

    /// Records what is known of a cycle now.
    ///
    /// - Parameter receipt: the value of its field: the token of the last cycle that used the field and what was lost in it.
    /// - Returns: false when another call has recorded it already.
    mutating func settle(_ cycle: Cycle, receipt: String?) -> Bool {
        // Another call may have found out first.
        guard let index = cycles.firstIndex(of: cycle) else { return false }
        cycles.remove(at: index)
        let words = (receipt ?? "").split(separator: " ")
        guard words.first.map(String.init) == cycle.token else { return true }
        let numbers = words.dropFirst().compactMap { Int64($0) }
        let lost = Set(
            stride(from: 0, to: numbers.count - 1, by: 2).map {
                ClaimedTask.Lease(position: numbers[$0], attempt: Int(numbers[$0 + 1]))
            })
        remember(cycle.finished, lost: lost)
        return true
    }

    /// Keeps what is known of acknowledgements until the worker asks again: its call failed after Redis had answered for these.
    mutating func remember(_ leases: [ClaimedTask.Lease], lost: Set<ClaimedTask.Lease>) {
        for lease in leases where settled.updateValue(lost.contains(lease), forKey: lease) == nil {
            order.append(lease)
        }
        while order.count > Self.limit { settled[order.removeFirst()] = nil }
    }

    /// Takes out what need not be acknowledged again.
    ///
    /// - Returns: what is left to acknowledge, and what is known to be lost.
    mutating func filter(
        _ finished: [ClaimedTask.Lease]
    ) -> (open: [ClaimedTask.Lease], lost: [ClaimedTask.Lease]) {
        guard !settled.isEmpty else { return (finished, []) }
        var open: [ClaimedTask.Lease] = []
        var lost: [ClaimedTask.Lease] = []
        for lease in finished {
            switch settled.removeValue(forKey: lease) {
            case nil: open.append(lease)
            case true?: lost.append(lease)
            case false?: break
            }
        }
        order.removeAll { settled[$0] == nil }
        return (open, lost)
    }
}
