import ArgumentParser
import RiderConfiguration
import RiderModel

struct EnginesListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists every engine of the configuration and the order in which they are asked.",
        discussion: """
            Nothing is started or asked; `rider engines test` does that. An engine with a number under ORDER is on the list \
            `engines` of its task type: the first healthy one does the work. The others wait to be put there.

            Examples:
              rider engines list
              rider engines list --json
              rider engines list --set 'voice.asr.engines=whisper-server,pocketsphinx'
            """)

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let entries = EngineEntry.all(in: try global.load())
        if json {
            Terminal.write(
                json: .array(
                    entries.map { entry in
                        [
                            "task_type": .string(entry.taskType.rawValue), "engine": .string(entry.name),
                            "order": .optional(entry.rank) { .whole($0) }, "kind": .string(entry.kind),
                            "protocol": .string(entry.settings.text("protocol")), "place": .string(entry.place),
                            "key": .string("\(entry.section).\(entry.name)"),
                        ]
                    }))
            return
        }
        var table = TextTable(
            ("TASK", .left), ("ORDER", .right), ("ENGINE", .left), ("KIND", .left), ("WHERE", .left))
        for entry in entries {
            table.add(
                entry.taskType.rawValue, entry.rank.map(String.init) ?? "-", entry.name, entry.kind, entry.place)
        }
        Terminal.write(table.text)
    }
}
