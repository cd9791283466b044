import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the journal, also while the worker runs.",
        discussion: """
            Makes a new folder with journal.db and samples.db, each of one moment. The folder can be read with --data-dir, put \
            in the place of a lost one while no worker runs, or be taken in with `rider journal import`.

            Examples:
              rider journal backup /var/backups/rider-2026-11-24
              rider journal stats --data-dir /var/backups/rider-2026-11-24
            """)

    @Argument(help: ArgumentHelp("The folder of the copy; it must not hold a journal.", valueName: "folder"))
    var target: String

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let progress = ProgressLine()
        let backup = JournalBackup(source: try global.load().dataDirectory, target: target)
        let copies = try await backup.run { step in
            progress.show("\(step.file): \(HumanText.bytes(step.bytes)) of at most \(HumanText.bytes(step.total))")
        }
        progress.clear()
        if json {
            let files = copies.map { copy -> JSONValue in
                ["name": .string(copy.file), "bytes": .whole(copy.bytes)]
            }
            Terminal.write(json: ["folder": .string(target), "files": .array(files)])
        } else {
            for copy in copies { Terminal.write("\(target)/\(copy.file)  \(HumanText.bytes(copy.bytes))\n") }
        }
    }
}
