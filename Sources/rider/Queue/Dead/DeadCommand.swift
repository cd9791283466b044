import ArgumentParser

struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead", abstract: "Looks at dead letters, tries them again, drops them.",
        discussion: """
            Examples:
              rider queue dead list
              rider queue dead retry --all
              rider queue dead drop 12 15
            """,
        subcommands: [DeadListCommand.self, DeadRetryCommand.self, DeadDropCommand.self])
}
