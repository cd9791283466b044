/// How exported samples are written.
public enum ExportFormat: String, Sendable, Hashable, CaseIterable {
    /// `time,metric,labels,value` with a title line; times in ISO 8601, labels as a JSON object.
    case csv
    /// One JSON object a line: `ts` in Unix seconds, `metric`, `labels`, `value`; `null` for what JSON has no number for.
    case jsonl
    /// For `promtool tsdb create-blocks-from openmetrics`.
    case openmetrics
    /// InfluxDB's line protocol, nanoseconds. It has nothing for NaN and infinity: they are left out.
    case influx
    /// Columns for people, times as clocks here show them.
    case table
}
