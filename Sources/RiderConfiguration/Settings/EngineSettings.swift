import Configuration

/// The table of one engine, such as `[voice.asr.whisper-server]`. Which keys it has follows from its kind.
public struct EngineSettings: Sendable {
    /// The table's name.
    public let name: String
    private let values: [String: SettingValue]

    init(_ reader: ConfigReader, table: EngineTable, schema: Schema) throws {
        name = table.name
        var values: [String: SettingValue] = [:]
        for definition in schema.definitions where definition.key.hasPrefix(table.prefix) {
            let key = String(definition.key.dropFirst(table.prefix.count))
            values[key] = try reader.value(ofKind: definition.kind, forKey: key)
        }
        self.values = values
    }

    /// Empty when the engine's kind has no such key.
    public func text(_ key: String) -> String {
        if case .text(let text) = values[key] { text } else { "" }
    }

    /// nil when the engine's kind has no such key.
    public func integer(_ key: String) -> Int? {
        if case .integer(let number) = values[key] { number } else { nil }
    }

    /// nil when the engine's kind has no such key.
    public func number(_ key: String) -> Double? {
        if case .number(let number) = values[key] { number } else { nil }
    }

    /// Empty when the engine's kind has no such key.
    public func texts(_ key: String) -> [String] {
        if case .texts(let texts) = values[key] { texts } else { [] }
    }

    /// nil when the engine's kind has no such key.
    public func flag(_ key: String) -> Bool? {
        if case .flag(let flag) = values[key] { flag } else { nil }
    }
}

/// The engines of one task type: the list of those that are used, and every table there is.
public struct EngineListSettings: Sendable {
    /// Names in the order of preference.
    public var chosen: [String]
    /// Every engine that has a table, in the order of the files.
    public var all: [EngineSettings]

    /// - Parameter reader: at the section that holds `engines` and the tables.
    init(_ reader: ConfigReader, section: String, schema: Schema) throws {
        chosen = try reader.requiredStringArray(forKey: "engines")
        all = try schema.engineTables.filter { $0.section == section }.map { table in
            try EngineSettings(reader.scoped(to: ConfigKey(table.name)), table: table, schema: schema)
        }
    }
}

extension ConfigReader {
    fileprivate func value(ofKind kind: SettingValue.Kind, forKey key: String) throws -> SettingValue {
        let key = ConfigKey(key)
        return switch kind {
        case .text: .text(try requiredString(forKey: key))
        case .integer: .integer(try requiredInt(forKey: key))
        case .number: .number(try requiredDouble(forKey: key))
        case .flag: .flag(try requiredBool(forKey: key))
        case .texts: .texts(try requiredStringArray(forKey: key))
        }
    }
}
