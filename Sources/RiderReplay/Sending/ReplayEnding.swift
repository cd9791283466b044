/// How the sending of a replay ended.
public enum ReplayEnding: Sendable, Hashable {
    /// All rows were sent.
    case finished
    /// Told to stop.
    case stopped
    /// Nobody had subscribed for so long; nothing was sent.
    case noSubscriber
    /// The link was lost, or the last subscriber left, and did not come back in time.
    case interrupted
}
