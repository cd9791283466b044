/// A request that cannot be answered; told to the listener and counted.
public struct RecoveryRefusal: Error, Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// Not one frame with a JSON object.
        case badFrame = "bad_frame"
        case badVersion = "bad_version"
        /// A member is missing or of the wrong kind.
        case badRequest = "bad_request"
        case badRange = "bad_range"
        case tooManyRanges = "too_many_ranges"
        /// More bytes than a request may have.
        case tooLarge = "too_large"
        /// More listeners than the configuration allows.
        case tooManyListeners = "too_many_listeners"
        /// The journal cannot be read now; ask again later.
        case unavailable
    }

    public var reason: Reason
    /// What is wrong, for a person.
    public var message: String
    /// The request's id, when it had one.
    public var id: Int64?

    public init(_ reason: Reason, _ message: String, id: Int64? = nil) {
        self.reason = reason
        self.message = message
        self.id = id
    }
}
