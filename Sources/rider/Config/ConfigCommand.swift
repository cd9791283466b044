import ArgumentParser

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows, checks and writes the configuration.",
        discussion: """
            Examples:
              rider config show --changed
              rider config check --config /etc/rider
              rider config init --output /etc/rider
            """,
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self, ConfigInitCommand.self])
}
