/// The value of a key that counts, and how it came about.
public struct EffectiveSetting: Sendable {
    public let definition: SettingDefinition
    public let value: SettingValue
    public let source: SettingSource
    /// Values of weaker layers, the strongest first.
    public let overridden: [(value: SettingValue, source: SettingSource)]

    /// The value as people may see it: secrets are hidden.
    public var shown: String { definition.shown(value) }
}
