import RiderMetrics
import RiderModel

/// What is written together: a group, or what an aggregation makes of it.
struct ExportedGroup {
    /// One column of values.
    struct Output {
        /// As Prometheus shows it.
        var name: String
        var labels: [MetricLabel]
        /// Of a bucket.
        var bound: String?

        /// A JSON object, `le` among the labels.
        var labelsJSON: String {
            let all = labels + (bound.map { [MetricLabel("le", $0)] } ?? [])
            return String(
                decoding: JSONValue.object(all.map { .init($0.name, .string($0.value)) }).encoded, as: UTF8.self)
        }
    }

    let family: String
    let kind: MetricKind
    let outputs: [Output]
    /// nil for samples as they are, and for the last one of each step.
    let aggregation: Aggregation?

    init(_ group: SampleGroup, aggregation: Aggregation?) {
        family = group.family
        kind = group.kind
        self.aggregation = aggregation == .last ? nil : aggregation
        outputs =
            aggregation?.quantile != nil
            ? [Output(name: group.family, labels: group.labels)]
            : group.series.map { Output(name: $0.name, labels: $0.labels, bound: $0.boundText) }
    }
}
