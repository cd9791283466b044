/// A configuration that can be used.
public struct LoadedConfiguration: Sendable {
    public let settings: Settings
    /// Every key with its source, in the order of the default files.
    public let values: [EffectiveSetting]
    /// Warnings and notices.
    public let problems: [ConfigurationProblem]
    /// The files that were read, the weakest first.
    public let files: [String]
}
