import RiderMetrics

/// Finds out what a counter grew from one point to the next, across restarts of the worker.
struct GrowthTracker {
    private enum Before {
        case value(Double)
        /// It was not there: a counter began at zero.
        case absent
        case unknown
    }

    private let isGauge: Bool
    private var before = Before.unknown

    init(_ kind: MetricKind) {
        isGauge = kind == .gauge
    }

    /// To be called before the points of a block.
    mutating func begin(_ beginning: SampleBlock.Beginning) {
        switch beginning {
        case .goesOn: break
        case .fresh: before = .absent
        case .unknown: before = .unknown
        }
    }

    mutating func growth(to value: Double) -> Double {
        if SampleValue.isAbsent(value) {
            before = .absent
            return 0
        }
        defer { before = .value(value) }
        switch before {
        case .value(let previous): return isGauge || value >= previous ? value - previous : value
        case .absent: return isGauge ? 0 : value
        case .unknown: return 0
        }
    }
}
