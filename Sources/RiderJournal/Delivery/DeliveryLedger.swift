/// Delivery states of a journal's rows as runs of `seq`: sorted, disjoint, neighbours of one state merged. Rows in no run
/// are ``DeliveryState/journaled``.
///
/// Outcomes come in runs, and a probe confirms everything before it, so a day of traffic is a handful of runs.
public struct DeliveryLedger: Sendable, Hashable {
    /// The runs in the order of `seq`.
    public private(set) var ranges: [DeliveryRange] = []
    /// Rows whose new state was refused because it would have erased what is known.
    public private(set) var refused: Int64 = 0
    private let rule: DeliveryRule

    public init() {
        rule = .firstOutcome
    }

    /// - Parameter ranges: sorted and disjoint, as a ledger wrote them.
    init(sorted ranges: [DeliveryRange] = [], rule: DeliveryRule = .firstOutcome) {
        self.ranges = ranges
        self.rule = rule
    }

    public var isEmpty: Bool { ranges.isEmpty }

    public func state(of seq: Int64) -> DeliveryState {
        let index = firstIndex(endingAtOrAfter: seq)
        guard index < ranges.count, ranges[index].first <= seq else { return .journaled }
        return ranges[index].state
    }

    /// How many rows are in a state; not defined for `journaled`, which is what is left.
    public func count(of state: DeliveryState) -> Int64 {
        ranges.reduce(0) { $0 + ($1.state == state ? $1.count : 0) }
    }

    /// Gives a run of rows their new state. Rows for which that is not a legal step keep theirs and are counted in
    /// ``refused``; rows that have the state already, or that a listener has acknowledged meanwhile, are left alone silently.
    public mutating func record(_ range: DeliveryRange) {
        var refusedNow: Int64 = 0
        rewrite(first: range.first, last: range.last) { [rule] old, count in
            if old == range.state || old == .robotAcknowledged { return old }
            if rule.allows(old, range.state) { return range.state }
            refusedNow += count
            return old
        }
        refused += refusedNow
    }

    /// Gives a run of rows a state, whatever they had.
    mutating func replace(_ range: DeliveryRange) {
        rewrite(first: range.first, last: range.last) { _, _ in range.state }
    }

    /// Forgets a run of rows, which have been removed.
    public mutating func remove(first: Int64, last: Int64) {
        rewrite(first: first, last: last) { _, _ in .journaled }
    }

    /// Replaces the states of a run piece by piece; a piece is a part of the run that has one state.
    private mutating func rewrite(
        first: Int64, last: Int64, _ change: (DeliveryState, _ count: Int64) -> DeliveryState
    ) {
        guard first <= last else { return }
        // Neighbours are taken along, so that they merge.
        let lower = firstIndex(endingAtOrAfter: first - 1)
        var upper = lower
        var pieces: [DeliveryRange] = []
        var next = first

        func add(_ pieceFirst: Int64, _ pieceLast: Int64, _ state: DeliveryState) {
            guard pieceFirst <= pieceLast, state != .journaled else { return }
            if let end = pieces.indices.last, pieces[end].state == state, pieces[end].last == pieceFirst - 1 {
                pieces[end].last = pieceLast
            } else {
                pieces.append(DeliveryRange(first: pieceFirst, last: pieceLast, state: state))
            }
        }
        func addChanged(_ pieceFirst: Int64, _ pieceLast: Int64, _ old: DeliveryState) {
            guard pieceFirst <= pieceLast else { return }
            add(pieceFirst, pieceLast, change(old, pieceLast - pieceFirst + 1))
        }

        while upper < ranges.count, ranges[upper].first <= last + 1 {
            let old = ranges[upper]
            upper += 1
            add(old.first, min(old.last, first - 1), old.state)
            addChanged(next, min(old.first - 1, last), .journaled)
            addChanged(max(old.first, first), min(old.last, last), old.state)
            next = max(next, min(old.last, last) + 1)
            if old.last > last {
                // The rest of the run stays; what lies between was changed above.
                add(max(old.first, last + 1), old.last, old.state)
            }
        }
        addChanged(next, last, .journaled)
        ranges.replaceSubrange(lower..<upper, with: pieces)
    }

    private func firstIndex(endingAtOrAfter seq: Int64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < seq { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
