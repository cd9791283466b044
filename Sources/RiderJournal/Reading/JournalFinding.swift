/// Something wrong in a journal, found by ``JournalReader/verify(maxFindings:progress:)``.
public struct JournalFinding: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        /// SQLite finds the file's structure broken.
        case structure
        /// A body is not what was written.
        case checksum
        case missingBody = "missing_body"
        case missingResult = "missing_result"
        /// Numbers of a topic have a gap or do not rise.
        case topicNumber = "topic_number"
        /// Runs of delivery states overlap, are reversed, or have an unknown state.
        case deliveryRange = "delivery_range"
    }

    public var kind: Kind
    /// The row; nil when the finding concerns none.
    public var seq: Int64?
    public var message: String
}

/// How far a verification is.
public struct JournalVerificationProgress: Sendable, Hashable {
    public enum Phase: String, Sendable { case structure, rows, delivery, done }

    public var phase: Phase
    public var rowsChecked: Int64
    public var rowsTotal: Int64
    public var findings: Int
}
