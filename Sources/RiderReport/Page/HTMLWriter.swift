/// Writes HTML that is well-formed XML as well: every element is closed, every attribute quoted, foreign text escaped.
struct HTMLWriter {
    private(set) var text = ""

    /// An element with content.
    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: (inout HTMLWriter) -> Void
    ) {
        open(name, attributes)
        text += ">"
        content(&self)
        text += "</\(name)>"
    }

    /// An element with text, or without content.
    mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: String = ""
    ) {
        element(name, attributes) { $0.add(content) }
    }

    /// An element that never has content, such as `meta`, or one of SVG.
    mutating func emptyElement(_ name: String, _ attributes: KeyValuePairs<String, String> = [:]) {
        open(name, attributes)
        text += "/>"
    }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += "<\(name)"
        for (attribute, value) in attributes { text += " \(attribute)=\"\(Self.escaped(value))\"" }
    }

    /// Text of whatever origin.
    mutating func add(_ content: some StringProtocol) {
        text += Self.escaped(content)
    }

    /// Text of our own that is to stay as it is.
    mutating func addRaw(_ content: String) {
        text += content
    }

    mutating func endLine() {
        text += "\n"
    }

    private static func escaped(_ text: some StringProtocol) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            // XML has no place for control characters and noncharacters, not even as references.
            case _ where scalar.properties.generalCategory == .control || scalar.properties.isNoncharacterCodePoint:
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
