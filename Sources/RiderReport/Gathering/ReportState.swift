/// The state of a breaker or a link, from good to bad.
public enum ReportState: Int, Sendable, Hashable, CaseIterable, Comparable {
    /// A closed breaker, a link that is up.
    case good = 0
    /// A half-open breaker.
    case trying = 1
    /// An open breaker, a link that is down.
    case bad = 2

    public static func < (left: ReportState, right: ReportState) -> Bool { left.rawValue < right.rawValue }
}
