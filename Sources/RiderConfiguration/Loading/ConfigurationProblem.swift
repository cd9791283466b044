/// Something about the configuration that a person should know.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    public enum Severity: String, Sendable, Hashable {
        /// Nothing runs with it.
        case error
        /// It runs, but perhaps not as it was meant.
        case warning
        /// Explains which of several values counts.
        case notice
    }

    public let severity: Severity
    public let source: SettingSource
    /// The key it is about, when one is known.
    public let key: String?
    public let message: String
    /// The name that was probably meant.
    public let nearest: String?

    static func error(
        _ source: SettingSource, key: String?, _ message: String, nearest: String? = nil
    ) -> ConfigurationProblem {
        ConfigurationProblem(severity: .error, source: source, key: key, message: message, nearest: nearest)
    }

    static func warning(_ source: SettingSource, _ message: String, nearest: String? = nil) -> ConfigurationProblem {
        ConfigurationProblem(severity: .warning, source: source, key: nil, message: message, nearest: nearest)
    }

    static func notice(_ source: SettingSource, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(severity: .notice, source: source, key: nil, message: message, nearest: nil)
    }

    /// `config/rider.toml:12: error: queue.lease_secs: no such key; the nearest is queue.lease_seconds`
    public var description: String {
        "\(source): \(severity.rawValue): " + (key.map { "\($0): " } ?? "") + message
            + (nearest.map { "; the nearest is \($0)" } ?? "")
    }
}

/// The configuration cannot be used. All errors that were found, not only the first one.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// Errors, warnings and notices in the order in which they were found.
    public let problems: [ConfigurationProblem]

    public var description: String {
        problems.filter { $0.severity == .error }.map(\.description).joined(separator: "\n")
    }
}
