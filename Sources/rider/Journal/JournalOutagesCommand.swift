import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalOutagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outages", abstract: "Lists when telemetry did not reach its listeners, newest first.",
        discussion: """
            Causes: link_down (the robot's broker was away), frozen (it was there and did not answer), process_down (no worker \
            ran), no_subscriber (nobody listened, which is normal on many robots).

            ROWS were on their way or came into being in the outage; most of them arrive when it ends. MISSING are those that \
            no listener is known to have, counted now.

            Examples:
              rider journal outages
              rider journal outages --since 24h
              rider journal outages --json --limit 5
            """)

    @Option(
        help: ArgumentHelp(
            "Only those that lasted beyond this time: 2h, 3d (ago), 2026-11-24, Unix seconds.", valueName: "time"))
    var since: TimePoint?

    @Option(help: ArgumentHelp("Outages at most.", valueName: "number"))
    var limit = 50

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    private struct Listed {
        let outage: Outage
        let missing: Int64
    }

    func run() async throws {
        let reader = JournalReader(directory: try global.load().dataDirectory)
        let progress = ProgressLine()
        var listed: [Listed] = []
        for outage in try await reader.outages(since: since?.resolved, limit: limit) {
            var query = JournalQuery()
            query.after = outage.afterSeq
            query.through = outage.throughSeq
            query.onlyUndelivered = true
            let missing = try await reader.summary(query) { seq in
                progress.show("outage \(outage.id): row \(Shown.count(seq)) of \(Shown.count(outage.throughSeq))")
            }
            listed.append(Listed(outage: outage, missing: missing.rows))
        }
        progress.clear()
        if json {
            Terminal.write(json: .array(listed.map(document)))
        } else if listed.isEmpty {
            Terminal.write("no outages\n")
        } else {
            Terminal.write(table(listed))
        }
    }

    private func table(_ listed: [Listed]) -> String {
        var table = TextTable(
            ("OUTAGE", .right), ("CAUSE", .left), ("BEGAN", .left), ("ENDED", .left), ("LASTED", .right),
            ("ROWS", .right), ("MISSING", .right))
        let now = TimeSource.system.wall()
        for entry in listed {
            let outage = entry.outage
            table.add(
                String(outage.id), outage.cause.rawValue, HumanText.time(outage.begunAt),
                outage.endedAt.map { HumanText.time($0) } ?? "lasts",
                HumanText.duration((outage.endedAt ?? now) - outage.begunAt), Shown.count(outage.rows),
                Shown.count(entry.missing))
        }
        return table.text
    }

    private func document(_ entry: Listed) -> JSONValue {
        let outage = entry.outage
        let first: Int64? = outage.rows > 0 ? outage.afterSeq + 1 : nil
        let last: Int64? = outage.rows > 0 ? outage.throughSeq : nil
        return [
            "id": .whole(outage.id), "cause": .string(outage.cause.rawValue), "begun_at": .time(outage.begunAt),
            "noticed_at": .time(outage.noticedAt), "ended_at": .optional(outage.endedAt, JSONValue.time),
            "first_seq": .optional(first, JSONValue.whole),
            "last_seq": .optional(last, JSONValue.whole),
            "rows": .whole(outage.rows), "missing": .whole(entry.missing),
        ]
    }
}
