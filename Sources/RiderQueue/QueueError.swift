/// The store behind the queue could not do what was asked.
public struct QueueError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: String, Sendable { case unavailable, corrupt, incompatible, storageFull }
        let kind: Kind

        /// Away for now: try again.
        public static let unavailable = Code(kind: .unavailable)
        /// Damaged: a person must look.
        public static let corrupt = Code(kind: .corrupt)
        /// Written by a newer program.
        public static let incompatible = Code(kind: .incompatible)
        /// No room on disk or in memory.
        public static let storageFull = Code(kind: .storageFull)
    }

    public let code: Code
    /// What was tried on what, what came of it, and what to do.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String {
        underlying.map { "\(message) (\($0))" } ?? message
    }
}
