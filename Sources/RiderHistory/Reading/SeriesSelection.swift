import Glibc
import RiderMetrics

/// Which series a reader wants.
public struct SeriesSelection: Sendable, Hashable {
    /// Shell patterns (`*`, `?`, `[a-c]`) for names, of a series (`y_bucket`) or its family (`y`). One must fit; empty: all do.
    public var names: [String]
    /// Labels a series must have, with these values. All must fit; an empty value fits a series without the label.
    public var labels: [MetricLabel]

    public static let all = SeriesSelection()

    public init(names: [String] = [], labels: [MetricLabel] = []) {
        self.names = names
        self.labels = labels
    }

    public func includes(_ series: SampleSeries) -> Bool {
        let isNamed =
            names.isEmpty
            || names.contains { fnmatch($0, series.name, 0) == 0 || fnmatch($0, series.family, 0) == 0 }
        return isNamed
            && labels.allSatisfy { wanted in
                (series.labels.first { $0.name == wanted.name }?.value ?? "") == wanted.value
                    || (wanted.name == "le" && series.boundText == wanted.value)
            }
    }
}

extension SampleSeries {
    /// The value of `le`; nil for a series that is no bucket.
    public var boundText: String? {
        guard case .bucket(let bound) = part else { return nil }
        return SeriesName.text(ofBound: bound)
    }
}
