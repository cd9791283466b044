import RiderMetrics

/// A series as Prometheus writes it: `name{label="value"}`.
enum SeriesText {
    static func of(_ name: String, labels: [MetricLabel], bound: String? = nil) -> String {
        var parts = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
        if let bound { parts.append("le=\"\(bound)\"") }
        return parts.isEmpty ? name : "\(name){\(parts.joined(separator: ","))}"
    }

    static func of(_ series: SampleSeries) -> String {
        of(series.name, labels: series.labels, bound: series.boundText)
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        return value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}
