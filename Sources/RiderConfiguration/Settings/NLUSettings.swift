import Configuration

/// `[text.nlu]`: intents, entities, sentiment.
public struct NLUSettings: Sendable {
    /// `rules` or `mock`.
    public var engine: String
    /// Empty: the rules in the program.
    public var rulesFile: String

    init(_ reader: ConfigReader) throws {
        engine = try reader.requiredString(forKey: "engine")
        rulesFile = try reader.requiredString(forKey: "rules_file")
    }
}
