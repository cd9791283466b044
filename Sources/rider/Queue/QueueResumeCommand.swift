import ArgumentParser
import RiderModel
import RiderQueue

struct QueueResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets workers take tasks of a paused domain again.",
        discussion: """
            Examples:
              rider queue resume vision
              rider queue resume --all --json
            """)

    @OptionGroup var selection: DomainSelection

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let paused = try await QueueOpener.withQueue(try global.load()) { queue in
            try await queue.resume(selection.domains)
            return try await queue.stats().paused
        }
        if json {
            Terminal.write(json: ["paused": .domains(paused)])
        } else {
            Terminal.write(
                paused.isEmpty ? "no domain is paused any more\n" : "still paused: \(Shown.domains(paused))\n")
        }
    }
}
