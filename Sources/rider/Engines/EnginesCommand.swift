import ArgumentParser

struct EnginesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engines", abstract: "Shows what hears, speaks, sees and answers, and tries it.",
        discussion: """
            Examples:
              rider engines list
              rider engines test voice.asr
            """,
        subcommands: [EnginesListCommand.self, EnginesTestCommand.self])
}
