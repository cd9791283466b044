import ArgumentParser
import RiderConfiguration
import RiderExecution
import RiderHistory
import RiderMetrics
import RiderModel

extension ExportFormat: ExpressibleByArgument {}
extension Aggregation: ExpressibleByArgument {}

struct ExportMetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export-metrics", abstract: "Writes the history of metrics, or of results, for other programs.",
        discussion: """
            A worker samples every metric each metrics.sample_seconds and keeps it. This reads beside it, in constant memory, \
            and never leaves a half-written file under the name of --output.

            csv: time (ISO 8601), metric, labels (JSON), value. jsonl: ts (Unix seconds), metric, labels, value. influx: line \
            protocol in nanoseconds. openmetrics: for promtool, see below. table: for people, in local time.

            With --step there is one value for each step and series, at the step's beginning (a multiple of its length). increase \
            and rate know of every restart of the worker and every new series: both count from zero. p50, p95 and p99 are made \
            of the buckets of histograms. History older than metrics.raw_days has a value a minute, then one an hour: without \
            --step that is the last one, at the time when it was sampled.

            Times: 2h, 90s, 3d (ago), 2026-11-24, 2026-11-24T10:00:00Z, Unix seconds.

            Examples:
              rider export-metrics --since 2h > metrics.csv
              rider export-metrics --since 1d --metric 'task_queue_*' \\
                  --step 10m --agg max --format table
              rider export-metrics --since 7d --metric provider_task_duration_seconds \\
                  --label provider=TextProvider --step 5m --agg p95 --format jsonl
              rider export-metrics --results --since 1d --format jsonl -o results.jsonl

            Into Prometheus, after the fact:
              rider export-metrics --format openmetrics --split 1d --output history.om
              for day in history-*.om; do
                  promtool tsdb create-blocks-from openmetrics "$day" blocks
              done
              sudo cp -r blocks/* /var/lib/prometheus/metrics2/     # Debian's place
              sudo chown -R prometheus: /var/lib/prometheus/metrics2
              sudo systemctl restart prometheus

            Ends with 1 when there is nothing in the span, and says which span has something; with 3 when samples had to be \
            left out.
            """)

    @Option(help: ArgumentHelp("From this time on; else from the beginning.", valueName: "time"))
    var since: TimePoint?

    @Option(help: ArgumentHelp("Before this time; else until now.", valueName: "time"))
    var until: TimePoint?

    @Option(
        name: .customLong("metric"),
        help: ArgumentHelp("Only metrics whose name fits, such as 'task_queue_*'. Repeatable.", valueName: "glob"))
    var metrics: [String] = []

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp("Only series with this label. Repeatable: all must fit.", valueName: "k=v"))
    var labels: [String] = []

    @Option(help: ArgumentHelp("How it is written.", valueName: "name"))
    var format: ExportFormat = .csv

    @Option(help: ArgumentHelp("One value for each step, such as 1m.", valueName: "span"))
    var step: TimeSpan?

    @Option(help: ArgumentHelp("What becomes of a step; avg when it is not given.", valueName: "name"))
    var agg: Aggregation?

    @Option(name: .shortAndLong, help: ArgumentHelp("Into this file; else to standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Compress; the file's name ends in .gz.")
    var gzip = false

    @Option(help: ArgumentHelp("A file for each day (1d) or other span, its beginning in the name.", valueName: "span"))
    var split: TimeSpan?

    @Flag(help: "The history of results instead: csv or jsonl.")
    var results = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let wrong = labels.first(where: { !$0.contains("=") }) {
            throw ValidationError("--label \(wrong): write it as NAME=VALUE")
        }
        if agg != nil, step == nil { throw ValidationError("--agg needs --step") }
        if split != nil, output == nil {
            throw ValidationError("--split needs --output, from which the names are made")
        }
        if let split, split.duration < .seconds(60) { throw ValidationError("--split must be a minute or more") }
        if let since, let until, since.resolved >= until.resolved {
            throw ValidationError("--since must be before --until")
        }
        guard results else { return }
        if format != .csv, format != .jsonl { throw ValidationError("--results can be csv or jsonl") }
        if step != nil || !metrics.isEmpty || !labels.isEmpty {
            throw ValidationError("--metric, --label and --step choose samples, not --results")
        }
    }

    private var span: Range<UnixTime> {
        let begin = since?.resolved ?? UnixTime(milliseconds: 0)
        return begin..<max(begin, until?.resolved ?? TimeSource.system.wall())
    }

    func run() async throws {
        let directory = try global.load().dataDirectory
        let plan = OutputPlan(path: output, period: split?.duration, isGzipped: gzip)
        if results {
            try await ResultExport(directory: directory, format: format, span: span, output: plan).run()
            return
        }
        let selection = SeriesSelection(
            names: metrics,
            labels: labels.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return MetricLabel(String(parts[0]), String(parts[1]))
            })
        let (format, span) = (format, span)
        let steps = step.map { HistoryExport.Steps(length: $0.duration, aggregation: agg ?? .avg) }
        let summary = try await DetachedThread.run(name: "export", stop: {}) {
            try export(from: directory, selection, span, format, steps, to: plan)
        }
        try complain(summary)
    }

    private func complain(_ summary: HistoryExport.Summary) throws {
        let omitted = summary.omitted
        var causes: [String] = []
        if omitted.notFinite > 0 {
            causes.append("\(Shown.count(omitted.notFinite)) are no finite numbers, which \(format) cannot say")
        }
        if omitted.outOfOrder > 0 {
            causes.append(
                "\(Shown.count(omitted.outOfOrder)) lie before others of their series: the clock was set back")
        }
        if summary.damagedBlocks > 0 {
            causes.append("\(Shown.count(summary.damagedBlocks)) damaged pieces of history cannot be read")
        }
        if summary.hasChanged { causes.append("the oldest history was made coarser meanwhile: run it again") }
        guard !causes.isEmpty else { return }
        throw CommandFailure("samples are missing: " + causes.joined(separator: "; "), status: .partlyDone)
    }
}

/// Runs on a thread of its own.
private func export(
    from directory: String, _ selection: SeriesSelection, _ span: Range<UnixTime>, _ format: ExportFormat,
    _ steps: HistoryExport.Steps?, to output: OutputPlan
) throws -> HistoryExport.Summary {
    let reader = SampleReader(directory: directory)
    let series = try reader.series(selection)
    let quantile = steps?.aggregation.quantile != nil
    guard !series.isEmpty else {
        let all = try reader.series()
        let families = Set(all.map(\.family)).sorted()
        throw CommandFailure(
            "no metric fits: there are \(families.count), "
                + (families.isEmpty ? "as nothing was sampled yet" : families.joined(separator: ", ")))
    }
    if quantile, !series.contains(where: { $0.boundText != nil }) {
        let histograms = Set(try reader.series().filter { $0.kind == .histogram }.map(\.family)).sorted()
        throw CommandFailure(
            "quantiles are made of histograms, and none fits: there are " + histograms.joined(separator: ", "))
    }
    let progress = ProgressLine()
    defer { progress.clear() }
    let export = HistoryExport(reader: reader, format: format, steps: steps)
    let summary = try export.run(series, span: span, period: output.period, open: output.open) { done, all in
        progress.show("\(Shown.count(done)) of \(Shown.count(all)) samples")
    }
    guard summary.samples == 0 else { return summary }
    progress.clear()
    let first = series.map(\.first).min() ?? span.lowerBound
    let last = series.map(\.last).max() ?? span.lowerBound
    throw CommandFailure(
        "no samples in this span: those that fit lie between \(HumanText.time(first)) and \(HumanText.time(last)) "
            + "(\(HumanText.iso8601(first)) to \(HumanText.iso8601(last)))")
}
