import RiderMetrics
import RiderModel

/// A series as the file names it.
struct SeriesName: Hashable {
    var name: String
    /// JSON object, keys sorted.
    var labels: String
    var kind: MetricKind
    /// `name{label="value"}`, as Prometheus writes it.
    var text: String

    private init(_ identity: SeriesIdentity, suffix: String = "", bound: Double? = nil) {
        var labels = identity.labels
        if let bound { labels.append(MetricLabel("le", Self.text(ofBound: bound))) }
        labels.sort { $0.name < $1.name }
        name = identity.family + suffix
        kind = identity.kind
        text = SeriesText.of(name, labels: labels)
        self.labels = String(
            decoding: JSONValue.object(labels.map { .init($0.name, .string($0.value)) }).encoded, as: UTF8.self)
    }

    /// The series that a snapshot has values for, in the order of ``values(of:into:)``.
    static func all(of snapshot: SeriesSnapshot) -> [SeriesName] {
        guard case .histogram(let histogram) = snapshot.value else { return [SeriesName(snapshot.identity)] }
        return (histogram.bounds + [.infinity]).map {
            SeriesName(snapshot.identity, suffix: "_bucket", bound: $0)
        } + [SeriesName(snapshot.identity, suffix: "_sum"), SeriesName(snapshot.identity, suffix: "_count")]
    }

    /// A snapshot's value for each of its series: buckets count everything below their bound.
    static func forEachValue(of snapshot: SeriesSnapshot, _ body: (_ index: Int, _ value: Double) -> Void) {
        switch snapshot.value {
        case .counter(let value), .gauge(let value): body(0, value)
        case .histogram(let histogram):
            var cumulative: Int64 = 0
            for (index, count) in histogram.counts.enumerated() {
                cumulative &+= count
                body(index, Double(cumulative))
            }
            body(histogram.counts.count, histogram.sum)
            body(histogram.counts.count + 1, Double(cumulative))
        }
    }

    /// As Prometheus writes it: `0.5`, `1.0`, `+Inf`.
    static func text(ofBound bound: Double) -> String {
        bound == .infinity ? "+Inf" : bound.description
    }
}

extension SampleSeries {
    /// - Returns: nil when the row was written by a program that knows more kinds than this one.
    init?(id: Int64, name: String, labels: String, kind: String, first: UnixTime, last: UnixTime) {
        guard let kind = MetricKind(rawValue: kind),
            let members = (try? JSONValue(parsing: Array(labels.utf8)))?.members
        else { return nil }
        var all = members.compactMap { member in member.value.string.map { MetricLabel(member.key, $0) } }
        var (family, part) = (name, Part.value)
        if kind == .histogram {
            if name.hasSuffix("_bucket"), let le = all.firstIndex(where: { $0.name == "le" }) {
                let text = all.remove(at: le).value
                guard let bound = text == "+Inf" ? .infinity : Double(text) else { return nil }
                (family, part) = (String(name.dropLast(7)), .bucket(bound))
            } else if name.hasSuffix("_sum") {
                (family, part) = (String(name.dropLast(4)), .sum)
            } else if name.hasSuffix("_count") {
                (family, part) = (String(name.dropLast(6)), .count)
            } else {
                return nil
            }
        }
        self.init(id: id, name: name, family: family, kind: kind, part: part, labels: all, first: first, last: last)
    }
}
