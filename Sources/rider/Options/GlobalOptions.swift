import ArgumentParser
import Foundation
import RiderConfiguration

/// Options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the configuration files in this folder; else those in config/ and /etc/rider/.", valueName: "dir"))
    var config: String?

    @Option(help: ArgumentHelp("Where queue and journal live.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("Give any key a value, such as queue.max_size=500.", valueName: "key=value"))
    var assignments: [String] = []

    func validate() throws {
        if let wrong = assignments.first(where: { !$0.contains("=") }) {
            throw ValidationError("--set \(wrong): write it as KEY=VALUE")
        }
    }

    var loader: ConfigurationLoader {
        var flags = assignments.map { assignment in
            let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return ConfigurationLoader.Flag(name: "--set", key: String(parts[0]), text: String(parts[1]))
        }
        if let dataDir { flags.append(.init(name: "--data-dir", key: "data_dir", text: dataDir)) }
        if let logLevel { flags.append(.init(name: "--log-level", key: "log.level", text: logLevel)) }
        return .standard(directory: config, environment: ProcessInfo.processInfo.environment, flags: flags)
    }

    /// Loads the settings and prints warnings to standard error.
    func load() throws -> Settings {
        let loaded = try loader.load()
        for problem in loaded.problems where problem.severity == .warning {
            Terminal.complain(problem.description)
        }
        return loaded.settings
    }
}
