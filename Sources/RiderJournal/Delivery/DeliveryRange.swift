/// A run of rows that share a state.
public struct DeliveryRange: Sendable, Hashable {
    /// The first row.
    public var first: Int64
    /// The last row; it belongs to the run.
    public var last: Int64
    public var state: DeliveryState

    public init(first: Int64, last: Int64, state: DeliveryState) {
        self.first = first
        self.last = last
        self.state = state
    }

    /// How many rows the run has.
    public var count: Int64 { last - first + 1 }
}
