import RiderJournal

/// What has happened in a replay since the last report.
public struct ReplayReport: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable {
        /// For a subscriber.
        case waiting
        case sending
        /// Everything is sent; the last rows are not confirmed yet.
        case confirming
    }

    public var phase: Phase
    /// What became of rows, in the order of events.
    public var ranges: [DeliveryRange] = []
    /// Up to this row nothing is in doubt; nil: no change.
    public var position: Int64?
    /// Rows handed to the socket in all; rows sent once more after a loss of the link count once more.
    public var sent: Int64 = 0

    public init(phase: Phase) {
        self.phase = phase
    }
}
