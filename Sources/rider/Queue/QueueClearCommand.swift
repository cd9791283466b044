import ArgumentParser
import RiderModel
import RiderQueue

struct QueueClearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Removes waiting and delayed tasks.",
        discussion: """
            Leased tasks stay: a worker is at them. The removed tasks get no result.

            Examples:
              rider queue clear
              rider queue clear --yes
            """)

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let removed = try await QueueOpener.withQueue(try global.load()) { queue in
            let stats = try await queue.stats()
            try Terminal.confirm(
                "Remove \(Shown.count(stats.totalWaiting + stats.delayed)) tasks without a result?", isConfirmed: yes)
            return try await queue.clear()
        }
        if json {
            Terminal.write(json: ["removed": .whole(removed)])
        } else {
            Terminal.write("\(Shown.count(removed)) removed\n")
        }
    }
}
