import RiderModel

/// A replay as the journal remembers it: rows that were, or are being, sent again.
///
/// A replay adds attempts to what is known of its rows. Their first outcome stays what it was.
public struct ReplayRun: Sendable, Hashable, Identifiable {
    /// Who asked for it.
    public enum Kind: String, Sendable, CaseIterable {
        /// A person or a program.
        case replay
        /// The worker itself, when the link came back.
        case catchUp = "catch_up"
    }

    /// The raw value is stored; numbers are never reused.
    public enum State: Int, Sendable, CaseIterable {
        case running = 0
        /// Ended before its last row; may be resumed.
        case stopped = 1
        case done = 2

        /// The name that people and programs see.
        public var name: String { "\(self)" }
    }

    /// Rows by what became of them in this run; each counts once, however often the run was resumed. They stay when the
    /// rows are removed.
    public struct Counts: Sendable, Hashable {
        /// Given to a socket, and no more is known.
        public var handedOff: Int64 = 0
        /// Read by the robot's broker, or acknowledged by a listener.
        public var confirmed: Int64 = 0
        /// The link or the process was lost with the row unconfirmed.
        public var uncertain: Int64 = 0
        /// Not sent: nobody had subscribed, too old, not sendable.
        public var notSent: Int64 = 0

        /// Rows that were given to a socket.
        public var sent: Int64 { handedOff + confirmed + uncertain }

        public init() {}
    }

    /// Rising; never used twice in one journal.
    public var id: Int64
    public var kind: Kind
    /// What was asked for, as a JSON object that whoever began the run can read again.
    public var selection: String
    /// The span of `seq` that was asked for.
    public var first: Int64
    public var last: Int64
    /// Rows that were to be sent when it began.
    public var selected: Int64
    /// A probe confirms what is sent. Without one, `handed_off` is the best that can be known.
    public var hasProbe: Bool
    /// A resumed run goes on behind this row; at the beginning the one before ``first``.
    public var position: Int64
    public var state: State
    public var begunAt: UnixTime
    /// When it was stopped or done; nil while it runs.
    public var endedAt: UnixTime?
    public var counts: Counts
}
