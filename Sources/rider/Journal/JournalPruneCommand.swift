import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalPruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Removes old results.",
        discussion: """
            Removes delivered results recorded before a time; those that a listener may have missed only with --undelivered. \
            --dry-run says what would go and runs beside a worker. To remove, the worker must be stopped: while it runs it \
            removes by itself what is older than journal.retention_days or beyond journal.max_bytes.

            The file keeps its size and its room is used again; --compact gives it back to the disk.

            Times: 2h, 90s, 3d (ago), 2026-11-24, 2026-11-24T10:00:00Z, Unix seconds.

            Examples:
              rider journal prune --before 7d --dry-run
              rider journal prune --before 7d --compact
              rider journal prune --before 2026-11-01 --undelivered --yes
            """)

    @Option(help: ArgumentHelp("Recorded before this time.", valueName: "time"))
    var before: TimePoint

    @Flag(help: "Also what a listener may have missed; nobody will ever get it.")
    var undelivered = false

    @Flag(help: "Say what would go, and change nothing.")
    var dryRun = false

    @Flag(help: "Make the file smaller afterwards; takes as much room again for a while.")
    var compact = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    private struct Plan {
        var delivered: Int64
        var undelivered: Int64
        /// Undelivered ones that stay.
        var kept: Int64 = 0
        var bytes: Int64
        var rows: Int64 { delivered + undelivered }
    }

    func run() async throws {
        let settings = try global.load()
        let time = before.resolved
        let plan = try await plan(JournalReader(directory: settings.dataDirectory), before: time)
        if dryRun {
            tell("would remove", plan.delivered, plan.undelivered, of: plan, compacted: nil)
            return
        }
        if undelivered, plan.undelivered > 0 {
            try Terminal.confirm(
                "Remove \(Shown.count(plan.rows)) results, \(Shown.count(plan.undelivered)) of which nobody is known to have?",
                isConfirmed: yes)
        }
        let request = PruneRequest(before: time, includesUndelivered: undelivered)
        let (compact, total) = (compact, plan.rows)
        let progress = ProgressLine()
        let (report, sizes) = try await JournalSession.use(settings, who: "rider journal prune") { journal in
            let report = try await journal.prune(request) { report in
                progress.show("removed \(Shown.count(report.rows)) of \(Shown.count(total)) results")
            }
            guard compact else { return (report, nil as (before: Int64, after: Int64)?) }
            progress.show("writing the file anew")
            return (report, try await journal.compact())
        }
        progress.clear()
        tell("removed", report.delivered, report.undelivered, of: plan, compacted: sizes)
    }

    private func plan(_ reader: JournalReader, before time: UnixTime) async throws -> Plan {
        var query = JournalQuery()
        query.until = time
        let all = try await reader.summary(query)
        query.onlyUndelivered = true
        let owed = try await reader.summary(query)
        var plan = Plan(delivered: all.rows - owed.rows, undelivered: owed.rows, bytes: all.bytes)
        if !undelivered {
            plan.kept = plan.undelivered
            plan.undelivered = 0
            plan.bytes -= owed.bytes
        }
        return plan
    }

    private func tell(
        _ verb: String, _ delivered: Int64, _ undelivered: Int64, of plan: Plan,
        compacted: (before: Int64, after: Int64)?
    ) {
        let rows: Int64 = delivered + undelivered
        if json {
            Terminal.write(json: [
                "dry_run": .bool(dryRun), "removed": .whole(rows), "delivered": .whole(delivered),
                "undelivered": .whole(undelivered), "kept_undelivered": .whole(plan.kept),
                "body_bytes": .whole(plan.bytes),
                "file_bytes_before": .optional(compacted?.before, JSONValue.whole),
                "file_bytes_after": .optional(compacted?.after, JSONValue.whole),
            ])
            return
        }
        var text = "\(verb) \(Shown.count(rows)) results (\(HumanText.bytes(plan.bytes)) of bodies)"
        if undelivered > 0 { text += ", \(Shown.count(undelivered)) of them undelivered" }
        if plan.kept > 0 { text += "; \(Shown.count(plan.kept)) undelivered ones stay (--undelivered removes them)" }
        if let compacted {
            text += "; the file had \(HumanText.bytes(compacted.before)) and has \(HumanText.bytes(compacted.after))"
        }
        Terminal.write(text + "\n")
    }
}
