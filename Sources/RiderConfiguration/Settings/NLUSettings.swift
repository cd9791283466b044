import Configuration

/// `[text.nlu]`: intents, entities, sentiment.
public struct NLUSettings: Sendable {
    public var engines: EngineListSettings

    init(_ reader: ConfigReader, schema: Schema) throws {
        engines = try EngineListSettings(reader, section: "text.nlu", schema: schema)
    }
}
