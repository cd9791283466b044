import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows, checks and writes the configuration.",
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self, ConfigInitCommand.self])
}
