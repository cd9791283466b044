/// A replay was not begun, or is not there.
public enum ReplayRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another one runs.
    case busy(run: Int64?)
    /// What was asked for cannot be; says what and why.
    case invalid(String)
    /// There is no such run, or it can not be resumed.
    case notFound(String)
    /// The journal cannot be used, or the process ends.
    case unavailable(String)

    public var description: String {
        switch self {
        case .busy(let run):
            "replay \(run.map(String.init) ?? "") is running: one at a time; wait for its end or stop it"
        case .invalid(let reason), .notFound(let reason), .unavailable(let reason): reason
        }
    }
}
