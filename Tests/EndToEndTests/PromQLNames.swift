/// Which series and labels a PromQL expression asks for. Reads words and braces only: whether the expression makes sense is
/// for Prometheus to say.
struct PromQLNames {
    struct Matcher {
        let label: String
        let comparison: String
        let value: String
    }

    struct Selector: CustomStringConvertible {
        let metric: String
        var matchers: [Matcher] = []

        var description: String {
            metric + "{" + matchers.map { "\($0.label)\($0.comparison)\"\($0.value)\"" }.joined(separator: ",") + "}"
        }
    }

    private(set) var selectors: [Selector] = []
    /// Labels of `by`, `on` and their kind.
    private(set) var groupingLabels: Set<String> = []

    private static let grouping: Set = ["by", "without", "on", "ignoring", "group_left", "group_right"]
    private static let operators: Set = ["and", "or", "unless", "bool", "offset"]

    init(_ expression: String) {
        var rest = Substring(expression)
        while let first = rest.first {
            if first == "\"" {
                _ = Self.takeString(&rest)
            } else if first.isNumber {
                // 5m is a duration.
                rest = rest.drop { $0.isNumber || $0.isLetter || $0 == "." }
            } else if first.isLetter || first == "_" {
                let word = Self.takeWord(&rest)
                rest = rest.drop(while: \.isWhitespace)
                if Self.grouping.contains(word), rest.first == "(" {
                    groupingLabels.formUnion(Self.takeList(&rest))
                } else if rest.first == "{" {
                    selectors.append(Selector(metric: word, matchers: Self.takeMatchers(&rest)))
                } else if rest.first != "(", !Self.operators.contains(word), !Self.begins(rest, with: Self.grouping) {
                    selectors.append(Selector(metric: word))
                }
            } else {
                rest.removeFirst()
            }
        }
    }

    /// An aggregation may name its labels before its operand: `sum by (x) (…)`.
    private static func begins(_ text: Substring, with words: Set<String>) -> Bool {
        var text = text
        return words.contains(takeWord(&text)) && text.drop(while: \.isWhitespace).first == "("
    }

    private static func takeWord(_ rest: inout Substring) -> String {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
        rest = rest[word.endIndex...]
        return String(word)
    }

    private static func takeString(_ rest: inout Substring) -> String {
        rest.removeFirst()
        let text = rest.prefix { $0 != "\"" }
        rest = rest[text.endIndex...].dropFirst()
        return String(text)
    }

    private static func takeList(_ rest: inout Substring) -> [String] {
        let list = rest.dropFirst().prefix { $0 != ")" }
        rest = rest[list.endIndex...].dropFirst()
        return list.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    }

    private static func takeMatchers(_ rest: inout Substring) -> [Matcher] {
        var matchers: [Matcher] = []
        rest.removeFirst()
        while let first = rest.first, first != "}" {
            guard first.isLetter || first == "_" else {
                rest.removeFirst()
                continue
            }
            let label = takeWord(&rest)
            let comparison = rest.prefix { "=!~".contains($0) }
            rest = rest[comparison.endIndex...]
            matchers.append(Matcher(label: label, comparison: String(comparison), value: takeString(&rest)))
        }
        rest = rest.dropFirst()
        return matchers
    }
}
