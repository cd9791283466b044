/// The parts of lines that never change, made once per series.
enum ExpositionPrefix {
    /// `name{labels} `, ready for a number.
    static func line(_ identity: SeriesIdentity, suffix: String = "", bound: String? = nil) -> [UInt8] {
        var text = identity.family + suffix
        var labels = identity.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
        if let bound { labels.append("le=\"\(bound)\"") }
        if !labels.isEmpty { text += "{" + labels.joined(separator: ",") + "}" }
        text += " "
        return Array(text.utf8)
    }

    /// The HELP and TYPE lines of a family.
    static func header(name: String, kind: MetricKind, help: String) -> [UInt8] {
        Array("# HELP \(name) \(escapedHelp(help))\n# TYPE \(name) \(kind.rawValue)\n".utf8)
    }

    /// All lines of a histogram.
    struct Histogram: Sendable {
        let buckets: [[UInt8]]
        let sum: [UInt8]
        let count: [UInt8]

        init(_ identity: SeriesIdentity, bounds: [Double]) {
            let texts = bounds.map(ExpositionWriter.text) + ["+Inf"]
            buckets = texts.map { line(identity, suffix: "_bucket", bound: $0) }
            sum = line(identity, suffix: "_sum")
            count = line(identity, suffix: "_count")
        }
    }

    private static func escaped(_ value: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\"": escaped.append(contentsOf: "\\\"".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func escapedHelp(_ help: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in help.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
