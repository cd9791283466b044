import ArgumentParser
import RiderConfiguration
import RiderModel

struct ConfigShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints every value with its source; secrets are hidden.",
        discussion: """
            Examples:
              rider config show
              rider config show --changed
              rider config show queue redis.host --verbose
            """)

    @Argument(help: "Keys or sections; all of them when none is given.")
    var keys: [String] = []

    @Flag(help: "Only values that do not come from the defaults in the program.")
    var changed = false

    @Flag(help: "Also the values that were overridden, and where they stand.")
    var all = false

    @Flag(help: "Also what each key means and the variables that set it.")
    var verbose = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let loaded = try global.loader.load()
        let chosen = loaded.values.filter { setting in
            (keys.isEmpty
                || keys.contains { setting.definition.key == $0 || setting.definition.key.hasPrefix($0 + ".") })
                && (!changed || setting.source != .builtIn)
        }
        if chosen.isEmpty, !keys.isEmpty, !changed {
            throw CommandFailure("no key or section is called \(keys.joined(separator: ", "))", status: .wrongUse)
        }
        if json {
            Terminal.write(json: document(chosen, loaded))
        } else {
            Terminal.write(text(chosen))
            for problem in loaded.problems { Terminal.complain(problem.description) }
        }
    }

    private func text(_ settings: [EffectiveSetting]) -> String {
        if verbose { return settings.map(explanation).joined(separator: "\n") }
        var table = TextTable(("KEY", .left), ("VALUE", .left), ("SOURCE", .left))
        for setting in settings {
            table.add(setting.definition.key, setting.shown, setting.source.description)
            for weaker in overridden(of: setting) {
                table.add("", setting.definition.shown(weaker.value), "(overridden) \(weaker.source)")
            }
        }
        return table.text
    }

    private func explanation(_ setting: EffectiveSetting) -> String {
        let definition = setting.definition
        var lines = definition.documentation.isEmpty ? [] : ["# \(definition.documentation)"]
        lines.append("# Variables: " + definition.variableNames.joined(separator: ", "))
        if let requirement = definition.requirement { lines.append("# Must be \(requirement).") }
        lines.append("\(definition.key) = \(setting.shown)    [\(setting.source)]")
        for weaker in overridden(of: setting) {
            lines.append("# overridden: \(definition.shown(weaker.value))    [\(weaker.source)]")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func overridden(of setting: EffectiveSetting) -> [(value: SettingValue, source: SettingSource)] {
        all ? setting.overridden : []
    }

    private func document(_ settings: [EffectiveSetting], _ loaded: LoadedConfiguration) -> JSONValue {
        func value(_ value: SettingValue, of setting: EffectiveSetting) -> JSONValue {
            setting.definition.isSecret ? .string(setting.definition.shown(value)) : value.json
        }
        let values = settings.map { setting -> JSONValue in
            var members: [JSONValue.Member] = [
                .init("key", .string(setting.definition.key)), .init("value", value(setting.value, of: setting)),
                .init("source", .string(setting.source.description)),
            ]
            if all {
                members.append(
                    .init(
                        "overridden",
                        .array(
                            setting.overridden.map { weaker in
                                ["value": value(weaker.value, of: setting), "source": .string("\(weaker.source)")]
                            })))
            }
            if verbose {
                members.append(.init("documentation", .string(setting.definition.documentation)))
                members.append(.init("variables", .array(setting.definition.variableNames.map(JSONValue.string))))
            }
            return .object(members)
        }
        return [
            "values": .array(values), "files": .array(loaded.files.map(JSONValue.string)),
            "problems": .array(loaded.problems.map { .string($0.description) }),
        ]
    }
}
