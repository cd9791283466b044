import ArgumentParser

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Looks into the journal of results and checks it.",
        discussion: """
            Examples:
              rider journal stats
              rider journal list --since 2h --status failed
              rider journal verify
            """,
        subcommands: [JournalStatsCommand.self, JournalListCommand.self, JournalVerifyCommand.self])
}
