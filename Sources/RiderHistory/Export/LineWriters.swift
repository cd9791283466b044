import RiderMetrics
import RiderModel

/// `time,metric,labels,value`
struct CSVWriter: SampleWriter {
    /// What stands between time and value.
    private var middles: [[UInt8]] = []

    mutating func begin(_ text: inout TextBuffer) { text.append("time,metric,labels,value\n") }

    mutating func begin(_ group: ExportedGroup) {
        middles = group.outputs.map { output in
            var text = TextBuffer()
            text.append(",")
            text.append(csv: output.name)
            text.append(",")
            text.append(csv: output.labelsJSON)
            text.append(",")
            return text.bytes
        }
    }

    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int {
        var count = 0
        for (middle, column) in zip(middles, columns) {
            for (time, value) in zip(times, column) where !SampleValue.isAbsent(value) {
                text.append(iso8601: time)
                text.append(middle)
                text.append(number: value)
                text.append("\n")
                count += 1
            }
        }
        return count
    }
}

/// `{"ts":1763035200.125,"metric":"…","labels":{…},"value":1}`
struct JSONLinesWriter: SampleWriter {
    private var middles: [[UInt8]] = []

    mutating func begin(_ group: ExportedGroup) {
        middles = group.outputs.map { output in
            let name = String(decoding: JSONValue.string(output.name).encoded, as: UTF8.self)
            return Array(",\"metric\":\(name),\"labels\":\(output.labelsJSON),\"value\":".utf8)
        }
    }

    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int {
        var count = 0
        for (middle, column) in zip(middles, columns) {
            for (time, value) in zip(times, column) where !SampleValue.isAbsent(value) {
                text.append("{\"ts\":")
                text.append(seconds: time)
                text.append(middle)
                if value.isFinite { text.append(number: value) } else { text.append("null") }
                text.append("}\n")
                count += 1
            }
        }
        return count
    }
}

/// `measurement,tag=value value=1 1763035200125000000`
struct InfluxWriter: SampleWriter {
    private(set) var omitted = OmittedSamples()
    private var prefixes: [[UInt8]] = []

    mutating func begin(_ group: ExportedGroup) {
        prefixes = group.outputs.map { output in
            var labels = output.labels
            if let bound = output.bound { labels.append(.init("le", bound)) }
            // The protocol has no empty tags.
            let tags = labels.filter { !$0.value.isEmpty }
                .map { ",\(Self.escaped($0.name, ", ="))=\(Self.escaped($0.value, ", ="))" }
            return Array((Self.escaped(output.name, ", ") + tags.joined() + " value=").utf8)
        }
    }

    /// A line break would end the line: it becomes a blank. A backslash at the end would take the next character with it.
    private static func escaped(_ text: String, _ special: String) -> String {
        let escaped = text.reduce(into: "") { result, character in
            if character.isNewline {
                result += "\\ "
            } else {
                if special.contains(character) { result += "\\" }
                result.append(character)
            }
        }
        return escaped.hasSuffix("\\") ? escaped + "\\ " : escaped
    }

    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int {
        var count = 0
        for (prefix, column) in zip(prefixes, columns) {
            for (time, value) in zip(times, column) where !SampleValue.isAbsent(value) {
                guard value.isFinite else {
                    omitted.notFinite += 1
                    continue
                }
                text.append(prefix)
                text.append(number: value)
                text.append(" ")
                text.append(integer: time)
                text.append("000000\n")
                count += 1
            }
        }
        return count
    }
}

/// Columns for people.
struct TableWriter: SampleWriter {
    /// Of the longest series.
    private let width: Int
    private var names: [[UInt8]] = []

    init(widestSeries width: Int) {
        self.width = max(width, 6)
    }

    static func shown(_ output: ExportedGroup.Output) -> String {
        SeriesText.of(output.name, labels: output.labels, bound: output.bound)
    }

    private func padded(_ text: String) -> String {
        text + String(repeating: " ", count: max(0, width - text.count) + 2)
    }

    mutating func begin(_ text: inout TextBuffer) {
        text.append("TIME                 " + padded("SERIES") + "VALUE\n")
    }

    mutating func begin(_ group: ExportedGroup) {
        names = group.outputs.map { Array(("  " + padded(Self.shown($0))).utf8) }
    }

    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int {
        var count = 0
        for (name, column) in zip(names, columns) {
            for (time, value) in zip(times, column) where !SampleValue.isAbsent(value) {
                text.append(HumanText.time(UnixTime(milliseconds: time)))
                text.append(name)
                text.append(number: value)
                text.append("\n")
                count += 1
            }
        }
        return count
    }
}
