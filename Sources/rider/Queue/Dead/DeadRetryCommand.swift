import ArgumentParser
import RiderModel
import RiderQueue

struct DeadRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Puts dead letters back into the queue with fresh attempts.",
        discussion: """
            Unreadable ones stay where they are. Exit code 3 when fewer went back than were named, 1 when none did.

            Examples:
              rider queue dead retry 12 15
              rider queue dead retry --all
            """)

    @OptionGroup var selection: DeadSelection

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let count = try await QueueOpener.withQueue(try global.load()) { queue in
            try await queue.retryDeadLetters(selection.ids)
        }
        if json {
            Terminal.write(json: ["retried": .whole(count)])
        } else {
            Terminal.write("\(Shown.count(count)) put back\n")
        }
        let status = selection.status(done: count)
        if status != .done { throw status.code }
    }
}
