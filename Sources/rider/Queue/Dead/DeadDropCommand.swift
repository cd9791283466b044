import ArgumentParser
import RiderModel
import RiderQueue

struct DeadDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Removes dead letters for good.",
        discussion: """
            Exit code 3 when fewer were removed than were named, 1 when none was.

            Examples:
              rider queue dead drop 12 15
              rider queue dead drop --all --yes
            """)

    @OptionGroup var selection: DeadSelection

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let count = try await QueueOpener.withQueue(try global.load()) { queue in
            if selection.all {
                let dead = try await queue.stats().dead
                try Terminal.confirm("Remove \(Shown.count(dead)) dead letters for good?", isConfirmed: yes)
            }
            return try await queue.dropDeadLetters(selection.ids)
        }
        if json {
            Terminal.write(json: ["dropped": .whole(count)])
        } else {
            Terminal.write("\(Shown.count(count)) removed\n")
        }
        let status = selection.status(done: count)
        if status != .done { throw status.code }
    }
}
