import Configuration

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Collects the layers of one load, the weakest first, and everything that is wrong with them.
struct ConfigurationGathering {
    private var schema: Schema
    private var layers: [LayerValues]
    private var problems: [ConfigurationProblem] = []
    private var files: [String] = []

    init(schema: Schema) {
        self.schema = schema
        var defaults = LayerValues()
        var faults: [ConfigurationProblem] = []
        for definition in schema.definitions {
            defaults.set(definition, definition.defaultValue, .builtIn, &faults)
        }
        precondition(faults.isEmpty, "built-in defaults: \(faults.map(\.description).joined(separator: "; "))")
        layers = [defaults]
    }

    // MARK: - Files

    mutating func readRequired(directory: String) {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory else {
            problems.append(.error(.flag("--config"), key: nil, "there is no folder \(directory)"))
            return
        }
        let before = files.count
        read(directory: directory)
        if files.count == before {
            let names = DefaultFile.allCases.map(\.name).joined(separator: ", ")
            problems.append(.warning(.flag("--config"), "\(directory) has none of the files \(names)"))
        }
    }

    mutating func read(directory: String) {
        let folder = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
        var layer = LayerValues()
        for file in DefaultFile.allCases {
            let path = folder + "/" + file.name
            guard let bytes = contents(of: path) else { continue }
            files.append(path)
            let document: TOMLDocument
            do {
                document = try TOMLDocument(parsing: bytes)
            } catch {
                problems.append(.error(.file(path: path, line: error.line), key: nil, "is no TOML: \(error.reason)"))
                continue
            }
            // A provider's file may leave its only section's header out.
            var prefix = ""
            if let section = file.section, !document.roots.contains(section), !document.roots.isEmpty {
                prefix = section + "."
            }
            let entries = document.entries.map { entry in
                var entry = entry
                entry.key = prefix + entry.key
                return entry
            }
            addEngines(in: entries, at: path)
            for entry in entries {
                take(entry, from: file, at: path, into: &layer)
            }
        }
        layers.append(layer)
    }

    private mutating func take(
        _ entry: TOMLDocument.Entry, from file: DefaultFile, at path: String, into layer: inout LayerValues
    ) {
        let source = SettingSource.file(path: path, line: entry.line)
        let key = entry.key
        guard let definition = schema[key] else {
            let sections = Set(schema.definitions.map { $0.key.prefix { $0 != "." } })
            let isSection = sections.contains(key[...]) && key != "data_dir"
            let message = isSection ? "is a section, not a value" : "no such key"
            problems.append(
                .error(source, key: key, message, nearest: isSection ? nil : schema.nearestKey(to: key)))
            return
        }
        guard definition.file == file else {
            problems.append(.error(source, key: key, "belongs into \(definition.file.name)"))
            return
        }
        layer.set(definition, entry.value, written: entry.kind, source, &problems)
    }

    /// Makes engines known that a file brings: tables with a `kind` beside the tables of the shipped engines.
    private mutating func addEngines(in entries: [TOMLDocument.Entry], at path: String) {
        let byKey = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
        for entry in entries where entry.key.hasSuffix(".kind") {
            guard let table = schema.newEngineTable(of: entry.key), case .text(let kind) = entry.value else { continue }
            var protocolName: String?
            if case .text(let name) = byKey[table.prefix + "protocol"]?.value { protocolName = name }
            guard let added = schema.addEngine(table, kind: kind, protocolName: protocolName) else {
                let kinds = schema.engineTables.filter { $0.section == table.section }
                    .compactMap { schema[$0.prefix + "kind"]?.defaultValue }.map(\.written)
                problems.append(
                    .error(
                        .file(path: path, line: entry.line), key: entry.key,
                        "no engine here is of kind \"\(kind)\"; the kinds are "
                            + Set(kinds).sorted().joined(separator: ", ")))
                continue
            }
            for definition in added { layers[0].set(definition, definition.defaultValue, .builtIn, &problems) }
        }
    }

    /// - Returns: nil when there is no such file; when it cannot be read the problem is recorded.
    private mutating func contents(of path: String) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            problems.append(.error(.file(path: path, line: 1), key: nil, "cannot be read: check its owner and mode"))
            return nil
        }
    }

    // MARK: - Variables and flags

    mutating func readVariables(dotEnvPath: String?, environment: [String: String]) {
        var places: [VariableLayer] = []
        if let dotEnvPath, let bytes = contents(of: dotEnvPath) {
            files.append(dotEnvPath)
            let (variables, faults) = DotEnvFile.parse(String(decoding: bytes, as: UTF8.self))
            for fault in faults {
                problems.append(.error(.file(path: dotEnvPath, line: fault.line), key: nil, fault.reason))
            }
            places.append(
                VariableLayer(
                    variables.map {
                        ($0.name, $0.value, .dotEnv(path: dotEnvPath, line: $0.line, name: $0.name))
                    }, schema: schema))
        }
        places.append(
            VariableLayer(
                environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value, .environment(name: $0.key)) },
                schema: schema))

        let robot = (places.reversed().map(\.values) + layers.reversed()).lazy.compactMap { $0["robot.host"] }.first
        var robotHost = ""
        if case .text(let host) = robot?.value { robotHost = host }
        for index in places.indices {
            places[index].resolveTelemetryAddress(robotHost: robotHost)
            layers.append(places[index].values)
            problems += places[index].problems
        }
    }

    mutating func readFlags(_ flags: [ConfigurationLoader.Flag]) {
        var layer = LayerValues()
        for flag in flags {
            if let definition = schema[flag.key] {
                layer.set(definition, parsing: flag.text, .flag(flag.name), &problems)
            } else {
                problems.append(
                    .error(.flag(flag.name), key: flag.key, "no such key", nearest: schema.nearestKey(to: flag.key)))
            }
        }
        layers.append(layer)
    }

    // MARK: - Result

    consuming func finish() throws(ConfigurationError) -> LoadedConfiguration {
        var values: [EffectiveSetting] = []
        for definition in schema.definitions {
            let found = layers.reversed().compactMap { $0[definition.key] }
            guard let winner = found.first else { continue }
            values.append(
                EffectiveSetting(
                    definition: definition, value: winner.value, source: winner.source,
                    overridden: found.dropFirst().map { ($0.value, $0.source) }))
        }
        checkTogether(values)
        checkEngines(values)
        guard !problems.contains(where: { $0.severity == .error }) else {
            throw ConfigurationError(problems: problems)
        }
        do {
            return LoadedConfiguration(
                settings: try Settings(reader(), schema: schema), values: values, problems: problems, files: files)
        } catch {
            // Every key has a default of the right kind, so only a field of Settings with a wrong name comes here.
            preconditionFailure("a setting asks for a key that the default files do not have: \(error)")
        }
    }

    /// Conditions between two keys.
    private mutating func checkTogether(_ values: [EffectiveSetting]) {
        let byKey = Dictionary(uniqueKeysWithValues: values.map { ($0.definition.key, $0) })
        for (smaller, larger) in [
            ("queue.retry_base_ms", "queue.retry_max_ms"),
            ("telemetry.heartbeat_interval_ms", "telemetry.heartbeat_timeout_ms"),
        ] {
            guard let left = byKey[smaller], let right = byKey[larger], case .integer(let low) = left.value,
                case .integer(let high) = right.value, low > high
            else { continue }
            let source = left.source == .builtIn ? right.source : left.source
            problems.append(
                .error(source, key: smaller, "is \(low), more than \(larger), which is \(high) (\(right.source))"))
        }
    }

    /// Whatever is on a list of engines must have a table.
    private mutating func checkEngines(_ values: [EffectiveSetting]) {
        let tables = Dictionary(grouping: schema.engineTables, by: \.section)
        for setting in values {
            guard setting.definition.key.hasSuffix(".engines"), case .texts(let names) = setting.value else { continue }
            let known = tables[String(setting.definition.key.dropLast(".engines".count))]?.map(\.name) ?? []
            for (place, name) in names.enumerated() {
                if !known.contains(name) {
                    let list = known.map { "\"\($0)\"" }.joined(separator: ", ")
                    problems.append(
                        .error(
                            setting.source, key: setting.definition.key, "no engine \"\(name)\"; known are \(list)",
                            nearest: NearestName.find(name, in: known)))
                } else if names[..<place].contains(name) {
                    problems.append(.error(setting.source, key: setting.definition.key, "names \"\(name)\" twice"))
                }
            }
        }
    }

    private func reader() -> ConfigReader {
        ConfigReader(
            providers: layers.reversed().enumerated().map { index, layer in
                InMemoryProvider(
                    name: "layer \(layers.count - index)",
                    values: Dictionary(
                        uniqueKeysWithValues: layer.byKey.map { key, value in
                            (
                                AbsoluteConfigKey(key.split(separator: ".").map(String.init)),
                                ConfigValue(value.value.content, isSecret: schema[key]?.isSecret ?? true)
                            )
                        }))
            })
    }
}
