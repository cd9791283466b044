/// Names one series for as long as the registry lives. Compared by reference: a reader may remember it and need not look at
/// names and labels again.
public final class SeriesIdentity: Sendable {
    /// Never given twice in one registry.
    public let number: Int
    public let family: String
    public let labels: [MetricLabel]
    public let kind: MetricKind

    init(number: Int, family: String, labels: [MetricLabel], kind: MetricKind) {
        self.number = number
        self.family = family
        self.labels = labels
        self.kind = kind
    }
}

extension SeriesIdentity: Hashable {
    public static func == (left: SeriesIdentity, right: SeriesIdentity) -> Bool { left === right }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}
