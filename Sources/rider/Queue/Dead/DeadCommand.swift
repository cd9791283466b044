import ArgumentParser

struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Looks at dead letters, tries them again, drops them.",
        subcommands: [DeadListCommand.self, DeadRetryCommand.self, DeadDropCommand.self])
}
