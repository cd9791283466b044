import ArgumentParser
import Foundation
import RiderConfiguration

/// The command line: each command parses, wires the rooms together and prints.
@main
struct Rider: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rider",
        abstract: "Runs a Rider-PI robot's voice, vision and text work on a PC.",
        discussion: """
            Examples:
              rider worker                    the service
              rider enqueue text.nlu --payload '{"text":"jedź do przodu"}'
              rider queue stats
              rider listen --topic telemetry.text
              rider replay --since last-outage
              rider report --since 24h -o report.html
              rider export-metrics --since 2h > metrics.csv
              rider engines test              what hears, speaks and sees here
              rider config show

            Exit codes: 0 done, 1 failed, 2 wrong use, 3 partly done.
            """,
        version: "rider 0.1.0",
        subcommands: [
            WorkerCommand.self, EnqueueCommand.self, QueueCommand.self, JournalCommand.self, ListenCommand.self,
            ReplayCommand.self, ExportMetricsCommand.self, ReportCommand.self, EnginesCommand.self, ConfigCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(with: error)
        }
    }

    private static func exit(with error: any Error) -> Never {
        switch error {
        case let failure as CommandFailure:
            Terminal.complain(failure.message)
            Foundation.exit(failure.status.rawValue)
        case let failure as ConfigurationError:
            Terminal.writeError(failure.description + "\n")
            Foundation.exit(ExitStatus.failed.rawValue)
        default: break
        }
        switch exitCode(for: error) {
        case .success:
            Terminal.write(fullMessage(for: error) + "\n")
            Foundation.exit(ExitStatus.done.rawValue)
        case .validationFailure:
            Terminal.writeError(fullMessage(for: error) + "\n")
            Foundation.exit(ExitStatus.wrongUse.rawValue)
        case let code:
            if !(error is ExitCode) { Terminal.complain("\(error)") }
            Foundation.exit(code.rawValue)
        }
    }
}
