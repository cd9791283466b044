import Foundation

/// What a worker really exposes, as Prometheus would store it.
struct LiveSeries {
    private(set) var labels: [String: [[String: String]]] = [:]

    /// - Parameters:
    ///   - exposition: the text of `/metrics`.
    ///   - target: labels that Prometheus adds to every series, and the only ones of its own series `up`.
    init(_ exposition: String, target: [String: String]) throws {
        labels["up"] = [target]
        for line in exposition.split(separator: "\n") where !line.hasPrefix("#") {
            guard let match = line.wholeMatch(of: /([^ {]+)(?:\{(.*)\})? [^ ]+/) else {
                throw Unreadable(line: String(line))
            }
            var series = target
            for pair in (match.output.2 ?? "").matches(of: /(\w+)="((?:[^"\\]|\\.)*)"/) {
                series[String(pair.output.1)] = String(pair.output.2)
            }
            labels[String(match.output.1), default: []].append(series)
        }
    }

    struct Unreadable: Error {
        let line: String
    }

    func has(label: String, of metric: String) -> Bool {
        labels[metric, default: []].contains { $0[label] != nil }
    }

    /// What is missing of what an expression asks for; a pattern of alternatives must find each of them.
    func missing(of names: PromQLNames) -> [String] {
        var missing: [String] = []
        for selector in names.selectors {
            guard let series = labels[selector.metric] else {
                missing.append(selector.metric)
                continue
            }
            for alternative in Self.alternatives(of: selector)
            where !series.contains(where: { Self.matches($0, alternative) }) {
                missing.append(alternative.description)
            }
        }
        for label in names.groupingLabels where !names.selectors.contains(where: { has(label: label, of: $0.metric) }) {
            missing.append("label \(label) of \(names.selectors)")
        }
        return missing
    }

    private static func alternatives(of selector: PromQLNames.Selector) -> [PromQLNames.Selector] {
        var alternatives = [PromQLNames.Selector(metric: selector.metric)]
        for matcher in selector.matchers {
            let values =
                matcher.comparison == "=~" && matcher.value.wholeMatch(of: /[\w|]+/) != nil
                ? matcher.value.split(separator: "|").map(String.init) : [matcher.value]
            alternatives = alternatives.flatMap { known in
                values.map { value in
                    var known = known
                    known.matchers.append(
                        .init(label: matcher.label, comparison: matcher.comparison, value: value))
                    return known
                }
            }
        }
        return alternatives
    }

    private static func matches(_ series: [String: String], _ selector: PromQLNames.Selector) -> Bool {
        selector.matchers.allSatisfy { matcher in
            // A label that does not exist is a mistake even where PromQL would take it for an empty one.
            guard let value = series[matcher.label] else { return false }
            let isEqual =
                matcher.comparison.hasSuffix("~")
                ? value.range(of: "^(?:\(matcher.value))$", options: .regularExpression) != nil : value == matcher.value
            return isEqual != matcher.comparison.hasPrefix("!")
        }
    }
}
