/// A table of the configuration that describes an engine: any that has a `kind`.
struct EngineTable: Sendable, Hashable {
    /// Where the engine's list is: `voice.asr`.
    let section: String
    let name: String

    /// `voice.asr.whisper-server.`
    var prefix: String { "\(section).\(name)." }
}

extension Schema {
    /// Every engine there is, in the order of the files.
    var engineTables: [EngineTable] {
        definitions.compactMap { definition in
            let parts = definition.key.split(separator: ".")
            guard parts.last == "kind", parts.count > 2 else { return nil }
            return EngineTable(
                section: parts.dropLast(2).joined(separator: "."), name: String(parts[parts.count - 2]))
        }
    }

    /// The table that a key of a file lies in when it could be an engine that is not known yet.
    func newEngineTable(of key: String) -> EngineTable? {
        let known = engineTables
        let parts = key.split(separator: ".").map(String.init)
        guard parts.count > 2 else { return nil }
        let table = EngineTable(section: parts.dropLast(2).joined(separator: "."), name: parts[parts.count - 2])
        let isNew = known.contains { $0.section == table.section } && !known.contains(table)
        return isNew ? table : nil
    }

    /// Makes an engine known that has the keys and defaults of the first one of its kind.
    ///
    /// - Parameter protocolName: of several of that kind, the one that speaks this is taken after.
    /// - Returns: the new keys; nil when there is no such engine.
    mutating func addEngine(_ table: EngineTable, kind: String, protocolName: String?) -> [SettingDefinition]? {
        let sameKind = engineTables.filter {
            $0.section == table.section && self[$0.prefix + "kind"]?.defaultValue == .text(kind)
        }
        let sameProtocol = sameKind.first { model in
            protocolName.map { self[model.prefix + "protocol"]?.defaultValue == .text($0) } ?? false
        }
        guard let model = sameProtocol ?? sameKind.first else { return nil }
        let added = definitions.filter { $0.key.hasPrefix(model.prefix) }
            .map { $0.renamed(table.prefix + $0.key.dropFirst(model.prefix.count)) }
        add(added)
        return added
    }
}
