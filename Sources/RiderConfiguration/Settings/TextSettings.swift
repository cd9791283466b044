import Configuration

/// `[text]`: the text provider.
public struct TextSettings: Sendable {
    public var isEnabled: Bool
    public var maxConcurrentTasks: Int
    public var timeout: Duration
    /// Intents, entities, sentiment.
    public var nlu: NLUSettings
    /// Language model.
    public var generate: GenerateSettings

    init(_ reader: ConfigReader, schema: Schema) throws {
        isEnabled = try reader.requiredBool(forKey: "enabled")
        maxConcurrentTasks = try reader.requiredInt(forKey: "max_concurrent_tasks")
        timeout = .seconds(try reader.requiredInt(forKey: "timeout_seconds"))
        nlu = try NLUSettings(reader.scoped(to: "nlu"), schema: schema)
        generate = try GenerateSettings(reader.scoped(to: "generate"), schema: schema)
    }
}
