import RiderHistory
import RiderMetrics
import RiderModel
import RiderReport

/// Reads metric history into a report: queue depth, breakers and links.
///
/// It blocks: to be used on a thread of its own.
struct HistoryFeed {
    let reader: SampleReader
    let progress: ProgressLine

    /// A missing file is no history, and no error.
    func fill(_ builder: inout ReportBuilder) throws {
        do {
            let plan = try reader.plan(builder.span.since..<builder.span.until)
            let selection = SeriesSelection(names: ["task_queue_size", "circuit_breaker_state", "link_up"])
            for group in SampleGroup.grouping(try reader.series(selection)) {
                progress.show("metric history: \(group.family)")
                try add(group, in: plan, to: &builder)
            }
        } catch let error as HistoryError where error.code == .missing {
            return
        }
    }

    private func add(_ group: SampleGroup, in plan: HistoryPlan, to builder: inout ReportBuilder) throws {
        func label(_ name: String) -> String { group.labels.first { $0.name == name }?.value ?? "?" }
        try read(group, in: plan) { reading in
            switch group.family {
            case "task_queue_size":
                guard let priority = Int(label("priority")) else { return }
                builder.addDepth(reading.maximum, priority: priority, at: reading.at)
            case "circuit_breaker_state":
                builder.addBreaker(
                    reading.maximum, engine: "\(label("provider")) \(label("engine"))", at: reading.at,
                    longestGap: reading.longestGap)
            default:
                builder.addLink(
                    reading.minimum, link: label("link"), at: reading.at, longestGap: reading.longestGap)
            }
        }
    }

    private struct Reading {
        let at: UnixTime
        let minimum: Double
        let maximum: Double
        /// From the reading before; zero when the worker was started in between.
        let longestGap: Duration
    }

    private func read(_ group: SampleGroup, in plan: HistoryPlan, _ body: (Reading) -> Void) throws {
        var run: Int64?
        var spacing = Duration.seconds(5)
        try reader.read(group, in: plan) { block in
            guard let column = block.columns.first else { return }
            if let window = block.resolution.window {
                spacing = window
            } else if let least = zip(block.times.dropFirst(), block.times).map({ $0 - $1 }).min() {
                spacing = .milliseconds(max(1000, least))
            }
            for point in block.wanted where column.isPresent(point) {
                var at = UnixTime(milliseconds: block.times[point])
                // A window says what was before its last round.
                if let window = block.resolution.window { at = at - window }
                body(
                    Reading(
                        at: at, minimum: column.windows?.minima[point] ?? column.values[point],
                        maximum: column.windows?.maxima[point] ?? column.values[point],
                        longestGap: run == block.run ? spacing * 3 : .zero))
                run = block.run
            }
        }
    }
}
