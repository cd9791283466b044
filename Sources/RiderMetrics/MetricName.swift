/// Makes names legal for Prometheus: `[a-zA-Z_:][a-zA-Z0-9_:]*` for metrics, the same without colons for labels.
enum MetricName {
    static func metric(_ name: String) -> String {
        legal(name, allowsColon: true)
    }

    /// Names beginning with two underscores, `le` and `quantile` belong to Prometheus itself.
    static func label(_ name: String) -> String {
        var legal = legal(name, allowsColon: false)
        while legal.hasPrefix("__") { legal.removeFirst() }
        return legal == "le" || legal == "quantile" ? "exported_" + legal : legal
    }

    private static func legal(_ name: String, allowsColon: Bool) -> String {
        var legal = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": legal.append(scalar)
            case "0"..."9":
                if legal.isEmpty { legal.append("_") }
                legal.append(scalar)
            case ":" where allowsColon: legal.append(scalar)
            default: legal.append("_")
            }
        }
        return legal.isEmpty ? "_" : String(legal)
    }
}
