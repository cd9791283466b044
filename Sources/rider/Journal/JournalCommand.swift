import ArgumentParser

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Looks into the journal of results and keeps it.",
        discussion: """
            Examples:
              rider journal stats
              rider journal list --since 2h --status failed
              rider journal outages
              rider journal verify
              rider journal backup /var/backups/rider
            """,
        subcommands: [
            JournalStatsCommand.self, JournalListCommand.self, JournalOutagesCommand.self, JournalVerifyCommand.self,
            JournalPruneCommand.self, JournalBackupCommand.self, JournalSalvageCommand.self, JournalImportCommand.self,
        ])
}
