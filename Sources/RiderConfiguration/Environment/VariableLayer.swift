/// The variables of one place, the environment or a `.env` file, on their way to values of keys.
struct VariableLayer {
    /// Variables by name, each with where it stands. Empty ones count as not set.
    private let variables: [String: (text: String, source: SettingSource)]
    private let schema: Schema
    private(set) var values = LayerValues()
    private(set) var problems: [ConfigurationProblem] = []

    init(_ variables: [(name: String, text: String, source: SettingSource)], schema: Schema) {
        self.schema = schema
        self.variables = Dictionary(
            variables.lazy.filter { !$0.text.trimmingBlanks.isEmpty }.map { ($0.name, ($0.text, $0.source)) },
            uniquingKeysWith: { _, last in last })
        for definition in schema.definitions { read(definition) }
        warnAboutUnknownNames()
    }

    /// Adds what needs to know whether there is a robot.
    mutating func resolveTelemetryAddress(robotHost: String) {
        guard let definition = schema[TelemetryAddress.key] else { return }
        let host = variables[TelemetryAddress.hostName]
        let port = variables[TelemetryAddress.portName]
        guard let source = host?.source ?? port?.source,
            let outcome = TelemetryAddress.resolve(host: host?.text, port: port?.text, robotHost: robotHost)
        else { return }
        if let winner = values[definition.key] {
            problems.append(.notice(source, "is not used: \(winner.source) wins"))
            return
        }
        switch outcome {
        case .endpoint(let endpoint):
            values.set(definition, .text(endpoint), source, &problems)
        case .unused(let reason):
            problems.append(.notice(source, "is not used: \(reason)"))
        case .invalid(let name, let reason):
            problems.append(.error(variables[name]?.source ?? source, key: definition.key, reason))
        }
    }

    // MARK: - Reading

    /// The variable made by rule wins over the old names, and those in the order of the table.
    private mutating func read(_ definition: SettingDefinition) {
        if let variable = variables[definition.variableName] {
            set(definition, variable)
        }
        for alias in EnvironmentAlias.all where alias.key == definition.key {
            guard let variable = variables[alias.name] else { continue }
            if let winner = values[definition.key] {
                if alias.meaning != .masterSwitch,
                    SettingValue(parsing: variable.text, as: definition.kind) != winner.value
                {
                    problems.append(.notice(variable.source, "is not used: \(winner.source) wins"))
                }
                continue
            }
            switch alias.meaning {
            case .same: set(definition, variable)
            case .oldFlag: values.set(definition, .flag(oldFlag(variable)), variable.source, &problems)
            case .masterSwitch:
                if !oldFlag(variable) { values.set(definition, .flag(false), variable.source, &problems) }
            }
        }
    }

    private mutating func set(_ definition: SettingDefinition, _ variable: (text: String, source: SettingSource)) {
        values.set(definition, parsing: variable.text, variable.source, &problems)
    }

    private mutating func oldFlag(_ variable: (text: String, source: SettingSource)) -> Bool {
        let text = variable.text.trimmingBlanks
        let isOn = text.lowercased() == "true"
        if !isOn, text.lowercased() != "false" {
            let warning = ConfigurationProblem.warning(
                variable.source, "\"\(text)\" counts as off: for this variable only the text true is on")
            if !problems.contains(warning) { problems.append(warning) }
        }
        return isOn
    }

    private mutating func warnAboutUnknownNames() {
        let known = Set(schema.definitions.map(\.variableName)).union(EnvironmentAlias.all.map(\.name))
            .union(RetiredNames.variables)
        for (name, variable) in variables.sorted(by: { $0.key < $1.key })
        where name.hasPrefix("RIDER_") && !known.contains(name) {
            problems.append(
                .warning(
                    variable.source, "is no setting", nearest: NearestName.find(name, in: known.sorted())))
        }
    }
}
