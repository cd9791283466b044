import RiderModel

/// One step of one group.
public struct StepRow: Sendable, Hashable {
    /// Beginning of the step: a multiple of its length.
    public let at: UnixTime
    /// One for each of the group's series, absent where there was no sample; of a quantile only one.
    public let values: [Double]
}

extension SampleReader {
    /// Hands out what becomes of a group's samples step by step, in the order of time except where the clock was set back.
    /// Steps without samples are left out.
    ///
    /// History that has become coarser than the step has one row for each of its windows.
    ///
    /// - Parameters:
    ///   - step: more than zero.
    ///   - aggregation: a quantile of a group that has no buckets gives no rows.
    public func readSteps(
        of group: SampleGroup, in plan: HistoryPlan, step: Duration, aggregation: Aggregation,
        _ body: (StepRow) throws -> Void
    ) throws {
        let length = max(1, step.wholeMilliseconds)
        let buckets = group.series.enumerated().compactMap { index, series in
            if case .bucket(let bound) = series.part { (index: index, bound: bound) } else { nil }
        }
        if aggregation.quantile != nil, buckets.isEmpty { return }
        var trackers = group.series.map { _ in GrowthTracker(group.kind) }
        let nothing = group.series.map { _ in StepAccumulator() }
        var accumulators = nothing
        var current: Int64?

        func finish() throws {
            guard let start = current else { return }
            let values: [Double]
            if let quantile = aggregation.quantile {
                values = [
                    Aggregation.quantile(
                        quantile, of: buckets.map { (bound: $0.bound, count: accumulators[$0.index].growth) })
                ]
            } else {
                let seconds = plan.seconds(from: start, to: start + length)
                values = accumulators.map { $0.value(aggregation, seconds: seconds) }
            }
            accumulators = nothing
            guard values.contains(where: { !SampleValue.isAbsent($0) }) else { return }
            try body(StepRow(at: UnixTime(milliseconds: start), values: values))
        }

        try read(group, in: plan) { block in
            for index in trackers.indices { trackers[index].begin(block.columns[index].beginning) }
            for point in block.times.indices {
                let isWanted = block.wanted.contains(point)
                if isWanted {
                    let start = block.times[point].floored(to: length)
                    if start != current {
                        try finish()
                        current = start
                    }
                }
                for index in trackers.indices {
                    let growth = trackers[index].growth(to: block.columns[index].values[point])
                    if isWanted, block.columns[index].isPresent(point) {
                        accumulators[index].add(block.columns[index], point: point, growth: growth)
                    }
                }
            }
        }
        try finish()
    }

    /// All rows of ``readSteps(of:in:step:aggregation:_:)`` at once.
    public func steps(
        of group: SampleGroup, in plan: HistoryPlan, step: Duration, aggregation: Aggregation
    ) throws -> [StepRow] {
        var rows: [StepRow] = []
        try readSteps(of: group, in: plan, step: step, aggregation: aggregation) { rows.append($0) }
        return rows
    }
}

extension HistoryPlan {
    /// How much of a step the span covers.
    fileprivate func seconds(from start: Int64, to end: Int64) -> Double {
        let first = max(start, span?.lowerBound.milliseconds ?? start)
        let last = min(end, span?.upperBound.milliseconds ?? end)
        return Double(max(0, last - first)) / 1000
    }
}
