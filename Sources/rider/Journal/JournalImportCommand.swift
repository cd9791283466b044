import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Takes in the rows of another journal: salvaged, a backup, of another machine.",
        discussion: """
            Rows that are here already are left as they are, so an import that was interrupted is simply repeated. Nothing is \
            sent: rows that had not arrived are uncertain, and a replay sends them under the names they had, so that listeners \
            know what they have got. The worker must be stopped.

            Exit code 3 when rows could not be read, or have another body here.

            Examples:
              rider journal import data/journal.db.broken-20261124T101500Z.saved
              rider journal import /var/backups/rider-2026-11-24 --dry-run
              rider journal import /mnt/old/journal.db --json
            """)

    @Argument(help: ArgumentHelp("A journal's folder, or its file journal.db.", valueName: "journal"))
    var source: String

    @Flag(help: "Say what would be taken in, and change nothing.")
    var dryRun = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let settings = try global.load()
        let progress = ProgressLine()
        let (source, dryRun) = (source, dryRun)
        let report = try await JournalSession.use(settings, who: "rider journal import") { journal in
            try await journal.importRows(from: source, isTrial: dryRun) { step in
                progress.show(
                    "row \(Shown.count(step.rowsSeen)) of \(Shown.count(step.rowsTotal)): \(Shown.count(step.copied)) new"
                )
            }
        }
        progress.clear()
        if json {
            Terminal.write(json: [
                "dry_run": .bool(dryRun), "imported": .whole(report.copied), "known": .whole(report.known),
                "conflicts": .whole(report.conflicts), "lost": .whole(report.lost), "bytes": .whole(report.bytes),
            ])
        } else {
            var text =
                "\(Shown.count(report.copied)) results \(dryRun ? "would be taken in" : "taken in"), "
                + "\(Shown.count(report.known)) were here already"
            if report.conflicts > 0 { text += ", \(Shown.count(report.conflicts)) have another body here" }
            if report.lost > 0 { text += ", \(Shown.count(report.lost)) could not be read" }
            Terminal.write(text + "\n")
        }
        if report.lost + report.conflicts > 0 { throw ExitStatus.partlyDone.code }
    }
}
