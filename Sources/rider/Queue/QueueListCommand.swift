import ArgumentParser
import RiderModel
import RiderQueue

struct QueueListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists tasks in the order in which they would be claimed.",
        discussion: """
            Leased and delayed tasks come last.

            Examples:
              rider queue list
              rider queue list --limit 1000 --json
            """)

    @Option(help: ArgumentHelp("Tasks at most.", valueName: "number"))
    var limit = 50

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let tasks = try await QueueOpener.withQueue(try global.load()) { try await $0.list(limit: limit) }
        if json {
            Terminal.write(json: .array(tasks.map(document)))
            return
        }
        let now = TimeSource.system.wall()
        var table = TextTable(
            ("ID", .left), ("TYPE", .left), ("PRIORITY", .right), ("STATE", .left), ("ATTEMPT", .right),
            ("AGE", .right),
            ("SIZE", .right), ("OWNER", .left))
        for task in tasks {
            table.add(
                Shown.line(task.id, limit: 64), task.type.rawValue, String(task.priority.rawValue), task.state.rawValue,
                String(task.attempt), HumanText.duration(now - task.enqueuedAt), HumanText.bytes(Int64(task.bytes)),
                task.owner ?? "")
        }
        Terminal.write(table.text)
    }

    private func document(_ task: QueuedTask) -> JSONValue {
        [
            "task_id": .string(task.id), "task_type": .string(task.type.rawValue),
            "priority": .whole(task.priority.rawValue), "state": .string(task.state.rawValue),
            "attempt": .whole(task.attempt), "enqueued_at": .time(task.enqueuedAt),
            "owner": .optional(task.owner, JSONValue.string), "until": .optional(task.until, JSONValue.time),
            "bytes": .whole(task.bytes),
        ]
    }
}
