import RiderMetrics
import RiderModel

/// Writes metric history in a format that other programs read. Memory does not grow with the span.
public struct HistoryExport {
    /// Samples made fewer: one value for each step.
    public struct Steps: Sendable, Hashable {
        public var length: Duration
        public var aggregation: Aggregation

        public init(length: Duration, aggregation: Aggregation) {
            self.length = length
            self.aggregation = aggregation
        }
    }

    /// What was written.
    public struct Summary: Sendable, Hashable {
        public var samples = 0
        public var files = 0
        public var omitted = OmittedSamples()
        /// Blocks that could not be read.
        public var damagedBlocks = 0
        /// History became coarser, or was removed, while it was read: samples may be missing.
        public var hasChanged = false
    }

    /// Takes one file's bytes.
    public protocol Sink {
        func write(_ bytes: [UInt8]) throws
        /// Everything was written.
        func finish() throws
    }

    /// Bytes that are handed on at once.
    private static let chunkBytes = 256 << 10

    private let reader: SampleReader
    private let format: ExportFormat
    private let steps: Steps?

    /// - Parameter steps: nil: samples as they are kept. Of history that became coarser that is the last value of each minute
    ///   or hour, at the time when it was sampled.
    public init(reader: SampleReader, format: ExportFormat, steps: Steps? = nil) {
        self.reader = reader
        self.format = format
        self.steps = steps
    }

    /// What belongs together in the format.
    public func groups(of series: [SampleSeries]) -> [SampleGroup] {
        let aggregation = steps?.aggregation
        if aggregation?.quantile != nil || (format == .openmetrics && (aggregation ?? .last) == .last) {
            return SampleGroup.grouping(series)
        }
        return series.map { SampleGroup(family: $0.family, kind: $0.kind, labels: $0.labels, series: [$0]) }
    }

    /// Exports a span, into one file or one for each period.
    ///
    /// - Parameters:
    ///   - period: nil: one file.
    ///   - open: makes a file; called with the period's beginning, and only when there is something to write.
    ///   - progress: samples looked at so far, and all there are to look at.
    public func run(
        _ series: [SampleSeries], span: Range<UnixTime>, period: Duration? = nil,
        open: (_ begin: UnixTime) throws -> any Sink, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws -> Summary {
        var summary = Summary()
        let whole = try reader.plan(span)
        guard let bounds = whole.bounds else { return summary }
        let groups = groups(of: series)
        let all = whole.points * series.count
        var done = 0
        let length = period?.wholeMilliseconds ?? .max
        var begin = period == nil ? span.lowerBound.milliseconds : bounds.lowerBound.milliseconds.floored(to: length)
        while begin <= bounds.upperBound.milliseconds {
            let end = period == nil ? span.upperBound.milliseconds : begin + length
            let part = max(begin, span.lowerBound.milliseconds)..<min(end, span.upperBound.milliseconds)
            let plan =
                period == nil
                ? whole
                : try reader.plan(UnixTime(milliseconds: part.lowerBound)..<UnixTime(milliseconds: part.upperBound))
            let size = plan.points
            try writeFile(groups, plan, &summary, open: { try open(UnixTime(milliseconds: begin)) }) { group, points in
                progress(done + points * group.series.count, all)
            } finished: { group in
                done += size * group.series.count
            }
            if try !reader.isUnchanged(plan) { summary.hasChanged = true }
            if period == nil { break }
            begin = end
        }
        summary.damagedBlocks = reader.damagedBlocks
        return summary
    }

    private func writeFile(
        _ groups: [SampleGroup], _ plan: HistoryPlan, _ summary: inout Summary, open: () throws -> any Sink,
        progress: (SampleGroup, _ points: Int) -> Void, finished: (SampleGroup) -> Void
    ) throws {
        var writer = makeWriter(groups)
        var text = TextBuffer()
        text.bytes.reserveCapacity(2 * Self.chunkBytes)
        var sink: (any Sink)?
        var samples = 0

        func handOn(all: Bool) throws {
            guard samples > 0, all || text.bytes.count >= Self.chunkBytes else { return }
            let target = try sink ?? open()
            sink = target
            try target.write(text.bytes)
            text.bytes.removeAll(keepingCapacity: true)
        }

        writer.begin(&text)
        for group in groups {
            writer.begin(ExportedGroup(group, aggregation: steps?.aggregation))
            var points = 0
            try forEachBatch(of: group, in: plan) { times, columns in
                samples += writer.write(times: times, columns: columns, to: &text)
                points += times.count
                progress(group, points)
                try handOn(all: false)
            }
            finished(group)
        }
        summary.omitted.notFinite += writer.omitted.notFinite
        summary.omitted.outOfOrder += writer.omitted.outOfOrder
        guard samples > 0 else { return }
        writer.end(&text)
        try handOn(all: true)
        try sink?.finish()
        summary.samples += samples
        summary.files += 1
    }

    /// A few hundred points at a time.
    private func forEachBatch(
        of group: SampleGroup, in plan: HistoryPlan,
        _ body: (_ times: ArraySlice<Int64>, _ columns: [ArraySlice<Double>]) throws -> Void
    ) throws {
        guard let steps else {
            try reader.read(group, in: plan) { block in
                guard !block.wanted.isEmpty else { return }
                try body(block.times[block.wanted], block.columns.map { $0.values[block.wanted] })
            }
            return
        }
        try reader.readSteps(of: group, in: plan, step: steps.length, aggregation: steps.aggregation) { row in
            try body([row.at.milliseconds], row.values.map { [$0] })
        }
    }

    private func makeWriter(_ groups: [SampleGroup]) -> any SampleWriter {
        switch format {
        case .csv: return CSVWriter()
        case .jsonl: return JSONLinesWriter()
        case .openmetrics: return OpenMetricsWriter()
        case .influx: return InfluxWriter()
        case .table:
            let outputs = groups.lazy.flatMap { ExportedGroup($0, aggregation: steps?.aggregation).outputs }
            return TableWriter(widestSeries: outputs.map { TableWriter.shown($0).count }.max() ?? 0)
        }
    }
}
