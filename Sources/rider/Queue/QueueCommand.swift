import ArgumentParser

struct QueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue", abstract: "Looks into the queue and repairs it.",
        discussion: """
            Examples:
              rider queue stats
              rider queue list --limit 20
              rider queue dead retry --all
              rider queue pause vision
            """,
        subcommands: [
            QueueStatsCommand.self, QueueListCommand.self, DeadCommand.self, QueuePauseCommand.self,
            QueueResumeCommand.self, QueueClearCommand.self,
        ])
}
