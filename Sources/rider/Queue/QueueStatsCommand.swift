import ArgumentParser
import RiderModel
import RiderQueue

struct QueueStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Counts tasks by state and priority.",
        discussion: """
            Says too which domains are paused, and what about the store endangers the tasks: a Redis that evicts keys or does not \
            write to its disk.

            Examples:
              rider queue stats
              rider queue stats --json
            """)

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let (stats, warnings) = try await QueueOpener.withQueue(try global.load()) { queue in
            (try await queue.stats(), try await queue.warnings())
        }
        let oldest = stats.oldestWaiting.map { TimeSource.system.wall() - $0 }
        if json {
            let waiting = Priority.all.map { level in
                JSONValue.Member(String(level.rawValue), .whole(stats.waiting[level, default: 0]))
            }
            Terminal.write(json: [
                "waiting": .whole(stats.totalWaiting), "waiting_by_priority": .object(waiting),
                "leased": .whole(stats.leased), "delayed": .whole(stats.delayed), "dead": .whole(stats.dead),
                "superseded": .whole(stats.superseded), "limit": .whole(stats.limit),
                "oldest_waiting_seconds": .optional(oldest) { .number($0.inSeconds) },
                "paused": .domains(stats.paused), "warnings": .array(warnings.map(JSONValue.string)),
            ])
            return
        }
        var table = TextTable(("STATE", .left), ("TASKS", .right))
        table.add("waiting", Shown.count(stats.totalWaiting))
        for level in Priority.all {
            guard let count = stats.waiting[level], count > 0 else { continue }
            table.add("  priority \(level.rawValue)", Shown.count(count))
        }
        if stats.superseded > 0 { table.add("superseded", Shown.count(stats.superseded)) }
        table.add("leased", Shown.count(stats.leased))
        table.add("delayed", Shown.count(stats.delayed))
        table.add("dead", Shown.count(stats.dead))
        table.add("limit", Shown.count(stats.limit))
        Terminal.write(table.text)
        if !stats.paused.isEmpty { Terminal.write("Paused: \(Shown.domains(stats.paused)).\n") }
        for warning in warnings { Terminal.write("Warning: \(warning).\n") }
        if let oldest { Terminal.write("The oldest task has been waiting for \(HumanText.duration(oldest)).\n") }
    }
}
