/// What a replay is begun with.
public struct ReplayPlan: Sendable, Hashable {
    public var kind: ReplayRun.Kind
    /// What was asked for, as a JSON object that whoever begins the run can read again.
    public var selection: String
    /// The span of `seq`; both ends belong to it.
    public var first: Int64
    public var last: Int64
    /// Rows that are to be sent.
    public var selected: Int64
    /// A probe confirms what is sent.
    public var hasProbe: Bool

    public init(
        kind: ReplayRun.Kind, selection: String, first: Int64, last: Int64, selected: Int64, hasProbe: Bool
    ) {
        self.kind = kind
        self.selection = selection
        self.first = first
        self.last = last
        self.selected = selected
        self.hasProbe = hasProbe
    }
}
