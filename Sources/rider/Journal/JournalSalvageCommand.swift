import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalSalvageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage", abstract: "Saves what can be read of a damaged journal.",
        discussion: """
            A worker that finds its journal damaged sets the file aside (journal.db.broken-…) and begins a new one. This command \
            reads the old file key by key, compares every body with its checksum and writes the good rows into a new folder, with \
            the outages and replays that can be read. The damaged file is not changed. Take the rows in with `rider journal \
            import`; outages and replays stay in the new folder, where every command finds them with --data-dir.

            Exit code 3 when something was lost.

            Examples:
              rider journal salvage data/journal.db.broken-20261124T101500Z
              rider journal salvage data/journal.db.broken-20261124T101500Z --to /tmp/saved
              rider journal import /tmp/saved
              rider journal outages --data-dir /tmp/saved
            """)

    @Argument(help: ArgumentHelp("The damaged file, or a journal's folder.", valueName: "file"))
    var source: String

    @Option(help: ArgumentHelp("The new folder; else FILE.saved.", valueName: "folder"))
    var to: String?

    @Flag(help: "Say what can be saved, and write nothing.")
    var dryRun = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let target = to ?? source + ".saved"
        let progress = ProgressLine()
        let show: @Sendable (CopyProgress) -> Void = { step in
            progress.show(
                "row \(Shown.count(step.rowsSeen)) of \(Shown.count(step.rowsTotal)): \(Shown.count(step.copied)) good, "
                    + "\(Shown.count(step.lost)) lost")
        }
        let salvage = Salvage(source: source, target: target)
        let report = dryRun ? try await salvage.look(progress: show) : try await salvage.run(progress: show)
        progress.clear()
        if json {
            Terminal.write(json: [
                "dry_run": .bool(dryRun), "folder": .string(target), "saved": .whole(report.copied),
                "lost": .whole(report.lost), "bytes": .whole(report.bytes), "outages": .whole(report.outages),
                "replays": .whole(report.replays), "history_lost": .whole(report.historyLost),
            ])
        } else {
            let verb = dryRun ? "can be saved" : "saved into \(target)"
            Terminal.write(
                "\(Shown.count(report.copied)) results (\(HumanText.bytes(report.bytes))) \(verb), "
                    + "\(Shown.count(report.lost)) lost\n")
            Terminal.write(
                "outages: \(Shown.count(report.outages)), replays: \(Shown.count(report.replays)), lost of their history: "
                    + "\(Shown.count(report.historyLost))\n")
            if !dryRun { Terminal.write("take them in with: rider journal import \(target)\n") }
        }
        if report.lost + report.historyLost > 0 { throw ExitStatus.partlyDone.code }
    }
}
