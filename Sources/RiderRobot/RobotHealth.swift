import RiderModel

/// The robot's own health as it was last heard.
public enum RobotHealth: Sendable, Hashable {
    /// It has not been asked yet.
    case unknown
    /// What it answered: an object.
    case answered(JSONValue)
    case unreachable(reason: String)
    /// It answered with an error or with what is no health.
    case failing(reason: String)

    /// The body of our `/healthz`: the robot's, or why there is none. `ok` and `status` are always there.
    public var json: JSONValue {
        switch self {
        case .unknown: ["ok": false, "status": "unknown"]
        case .unreachable(let reason): ["ok": false, "status": "unreachable", "error": .string(reason)]
        case .failing(let reason): ["ok": false, "status": "error", "error": .string(reason)]
        case .answered(let answer):
            .object(
                ([("ok", true), ("status", "ok")] as [(String, JSONValue)]).compactMap { key, value in
                    answer[key] == nil ? JSONValue.Member(key, value) : nil
                } + (answer.members ?? []))
        }
    }
}
