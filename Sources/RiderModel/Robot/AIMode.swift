/// The robot's global mode, in `system.ai.mode.changed`. It is sent by one HTTP endpoint only, not when a domain changes, so
/// a domain's own state decides what is published; this mode tells where the navigator looks for obstacles.
public enum AIMode: String, Sendable, Hashable, CaseIterable {
    case local
    case pcOffload = "pc_offload"

    /// Reads `{"mode": "local"|"pc_offload", …}`; nil for anything else.
    public init?(_ value: JSONValue) {
        guard let mode = value["mode"]?.string.flatMap(AIMode.init(rawValue:)) else { return nil }
        self = mode
    }
}
