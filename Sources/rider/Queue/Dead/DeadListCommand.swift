import ArgumentParser
import RiderModel
import RiderQueue

struct DeadListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists what could not be worked on, with the reason.",
        discussion: """
            Examples:
              rider queue dead list
              rider queue dead list --json --limit 1
            """)

    @Option(help: ArgumentHelp("Dead letters at most.", valueName: "number"))
    var limit = 50

    @Flag(help: "One JSON document, with the bytes of each (as text).")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let letters = try await QueueOpener.withQueue(try global.load()) { try await $0.deadLetters(limit: limit) }
        if json {
            Terminal.write(
                json: .array(
                    letters.map { letter in
                        [
                            "number": .whole(letter.id), "died_at": .time(letter.diedAt),
                            "reason": .string(letter.reason), "task_id": .optional(letter.taskID, JSONValue.string),
                            "text": .string(String(decoding: letter.bytes, as: UTF8.self)),
                        ]
                    }))
            return
        }
        var table = TextTable(("NUMBER", .right), ("DIED", .left), ("SIZE", .right), ("TASK", .left), ("REASON", .left))
        for letter in letters {
            table.add(
                String(letter.id), HumanText.time(letter.diedAt), HumanText.bytes(Int64(letter.bytes.count)),
                Shown.line(letter.taskID ?? "(unreadable)", limit: 64), Shown.line(letter.reason, limit: 200))
        }
        Terminal.write(table.text)
    }
}
