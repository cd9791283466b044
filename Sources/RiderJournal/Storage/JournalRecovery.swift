/// What an earlier run left behind when a journal was opened.
public struct JournalRecovery: Sendable, Hashable {
    /// The earlier run ended without saying so: killed, crashed or lost its power.
    public var endedUncleanly = false
    /// Rows that may have been sent and of which nobody knows more; they are `uncertain` now.
    public var uncertainRows: Int64 = 0
    /// Broken files that were moved out of the way; the journal began anew.
    public var setAside: [String] = []

    public init() {}
}
