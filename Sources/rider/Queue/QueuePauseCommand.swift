import ArgumentParser
import RiderModel
import RiderQueue

struct QueuePauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Stops workers from taking tasks of a domain.",
        discussion: """
            Tasks still go in and wait. What a worker has taken already is finished. It holds for every worker of the queue, also those \
            that start later, until `rider queue resume`.

            Examples:
              rider queue pause vision
              rider queue pause voice text
              rider queue pause --all
            """)

    @OptionGroup var selection: DomainSelection

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let paused = try await QueueOpener.withQueue(try global.load()) { queue in
            try await queue.pause(selection.domains)
            return try await queue.stats().paused
        }
        if json {
            Terminal.write(json: ["paused": .domains(paused)])
        } else {
            Terminal.write(paused.isEmpty ? "no domain is paused\n" : "paused: \(Shown.domains(paused))\n")
        }
    }
}
