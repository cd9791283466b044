/// Every key that exists, read from the embedded default files: they alone say which keys there are, what kind each is, and
/// what it is for.
public struct Schema: Sendable {
    /// In the order of the default files.
    public private(set) var definitions: [SettingDefinition]
    private var positions: [String: Int]

    public static let builtIn = Schema()

    /// Keys whose values are never shown, besides every engine's ``engineSecret``.
    static let secrets: Set<String> = ["http.token", "redis.password"]
    static let engineSecret = "api_key"

    private init() {
        definitions = DefaultFile.allCases.flatMap(Self.definitions)
        positions = Dictionary(uniqueKeysWithValues: zip(definitions.map(\.key), definitions.indices))
    }

    public subscript(key: String) -> SettingDefinition? {
        positions[key].map { definitions[$0] }
    }

    mutating func add(_ more: [SettingDefinition]) {
        definitions += more
        positions = Dictionary(uniqueKeysWithValues: zip(definitions.map(\.key), definitions.indices))
    }

    private static func definitions(in file: DefaultFile) -> [SettingDefinition] {
        let document: TOMLDocument
        do {
            document = try TOMLDocument(parsing: file.contents)
        } catch {
            preconditionFailure("config/\(file.name), which is built in, is broken: \(error)")
        }
        let tables = Set(document.entries.lazy.map(\.key).filter { $0.hasSuffix(".kind") }.map { $0.dropLast(4) })
        return document.entries.map { entry in
            guard let value = entry.value else {
                preconditionFailure("config/\(file.name):\(entry.line): \(entry.key) has a kind that no setting has")
            }
            let name = entry.key.split(separator: ".").last.map(String.init) ?? ""
            let isOfEngine = tables.contains(entry.key.dropLast(name.count))
            return SettingDefinition(
                key: entry.key, defaultValue: value, file: file, line: entry.line,
                documentation: document.outline.comment(of: entry.key),
                isSecret: secrets.contains(entry.key) || isOfEngine && name == engineSecret,
                limit: SettingLimit.byKey[entry.key]
                    ?? (isOfEngine ? SettingLimit.ofEngine(key: name, default: value) : nil))
        }.sorted { $0.line < $1.line }
    }

    /// The key that was probably meant; nil when none is near.
    func nearestKey(to unknown: String) -> String? {
        if let replacement = RetiredNames.keys[unknown] { return replacement }
        let keys = definitions.map(\.key)
        let last = unknown.split(separator: ".").last ?? ""
        let root = unknown.split(separator: ".").first ?? ""
        // The right name in the wrong section is the commonest slip.
        let moved = keys.filter { $0.split(separator: ".").last == last }
        if let key = moved.first(where: { $0.split(separator: ".").first == root }) { return key }
        if let begun = keys.first(where: { $0.hasPrefix(unknown) && unknown.contains(".") }) { return begun }
        return NearestName.find(unknown, in: keys) ?? (moved.count == 1 ? moved[0] : nil)
    }
}
