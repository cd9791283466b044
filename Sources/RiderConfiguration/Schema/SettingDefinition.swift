/// What is known about one key.
public struct SettingDefinition: Sendable, Hashable {
    /// The dotted key: `queue.lease_seconds`.
    public let key: String
    public let defaultValue: SettingValue
    /// The file that the key belongs to.
    public let file: DefaultFile
    /// The line of the key in the default file.
    public let line: Int
    /// What the default file says about the key.
    public let documentation: String
    /// The value is never shown, logged or put into a message.
    public let isSecret: Bool
    let limit: SettingLimit?

    public var kind: SettingValue.Kind { defaultValue.kind }

    /// The variable made by rule: `RIDER_QUEUE_LEASE_SECONDS`.
    public var variableName: String {
        "RIDER_" + key.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 }
    }

    /// Every variable that sets the key, the strongest first.
    public var variableNames: [String] { [variableName] + EnvironmentAlias.names(of: key) }

    /// The same for another key.
    func renamed(_ key: String) -> SettingDefinition {
        SettingDefinition(
            key: key, defaultValue: defaultValue, file: file, line: line, documentation: documentation,
            isSecret: isSecret, limit: limit)
    }

    /// What values are accepted, besides their kind; nil when all are.
    public var requirement: String? { limit?.requirement }

    /// The value as people may see it.
    public func shown(_ value: SettingValue) -> String {
        guard isSecret else { return value.written }
        return value == .text("") ? "(not set)" : "(hidden)"
    }
}
