import RiderMetrics

/// The text format of OpenMetrics 1.0 with times, as `promtool tsdb create-blocks-from openmetrics` takes it: families
/// together, all points of one set of labels together and rising in time, histograms point by point.
///
/// What an aggregation other than the last value makes is a gauge of its own family, named as recording rules are:
/// `provider_tasks_processed:rate`.
struct OpenMetricsWriter: SampleWriter {
    private(set) var omitted = OmittedSamples()
    private var prefixes: [[UInt8]] = []
    private var family: (name: String, kind: MetricKind, help: String?) = ("", .gauge, nil)
    private var lastFamily: String?
    private var lastTime = Int64.min

    private static let helpByFamily = Dictionary(
        MetricCatalog.all.map { ($0.name, $0.help) }, uniquingKeysWith: { first, _ in first })

    mutating func begin(_ group: ExportedGroup) {
        lastTime = .min
        let suffix = group.aggregation.map { ":" + $0.rawValue } ?? ""
        let isCounter = group.kind == .counter
        // Of an aggregation each series is a family.
        let base = suffix.isEmpty || group.outputs.isEmpty ? group.family : group.outputs[0].name
        let name = (isCounter && base.hasSuffix("_total") ? String(base.dropLast(6)) : base) + suffix
        family = (name, suffix.isEmpty ? group.kind : .gauge, suffix.isEmpty ? Self.helpByFamily[group.family] : nil)
        prefixes = group.outputs.map { output in
            let sample = suffix.isEmpty ? (isCounter ? name + "_total" : output.name) : name
            return Array((SeriesText.of(sample, labels: output.labels, bound: output.bound) + " ").utf8)
        }
    }

    private mutating func beginFamily(_ text: inout TextBuffer) {
        guard family.name != lastFamily else { return }
        lastFamily = family.name
        if let help = family.help {
            text.append("# HELP \(family.name) \(Self.escaped(help))\n")
        }
        text.append("# TYPE \(family.name) \(family.kind.rawValue)\n")
    }

    private static func escaped(_ help: String) -> String {
        help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\"", with: "\\\"")
    }

    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int {
        var count = 0
        for (offset, time) in times.enumerated() {
            guard time > lastTime else {
                omitted.outOfOrder += columns.count { !SampleValue.isAbsent($0[$0.startIndex + offset]) }
                continue
            }
            let before = count
            for (prefix, column) in zip(prefixes, columns) {
                let value = column[column.startIndex + offset]
                guard !SampleValue.isAbsent(value) else { continue }
                if count == 0 { beginFamily(&text) }
                text.append(prefix)
                text.append(number: value)
                text.append(" ")
                text.append(seconds: time)
                text.append("\n")
                count += 1
            }
            if count > before { lastTime = time }
        }
        return count
    }

    mutating func end(_ text: inout TextBuffer) { text.append("# EOF\n") }
}
