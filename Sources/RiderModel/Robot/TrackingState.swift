/// Whether the robot wants to be told where a face or a hand is.
public struct TrackingState: Sendable, Hashable {
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        case face
        case hand
        case none
    }

    public var isEnabled: Bool
    public var mode: Mode

    public init(isEnabled: Bool, mode: Mode) {
        self.isEnabled = isEnabled
        self.mode = mode
    }

    /// Reads `{"enabled": bool, "mode": "face"|"hand"|"none"}`; nil for anything else. A missing mode is `none`.
    public init?(_ value: JSONValue?) {
        guard let value, let isEnabled = value["enabled"]?.bool else { return nil }
        let mode = value["mode"].map { $0.string.flatMap(Mode.init(rawValue:)) } ?? Mode.none
        guard let mode else { return nil }
        self.init(isEnabled: isEnabled, mode: mode)
    }

    public var json: JSONValue {
        ["enabled": .bool(isEnabled), "mode": .string(mode.rawValue)]
    }
}
