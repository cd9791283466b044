import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalStatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Counts results by topic, status and delivery, and says what they take up.",
        discussion: """
            Examples:
              rider journal stats
              rider journal stats --json
            """)

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let stats = try await JournalReader(directory: try global.load().dataDirectory).stats()
        if json { Terminal.write(json: document(stats)) } else { Terminal.write(text(stats)) }
    }

    private func text(_ stats: JournalStats) -> String {
        var table = TextTable(("WHAT", .left), ("RESULTS", .right))
        table.add("all", Shown.count(stats.rows))
        for topic in stats.topics { table.add("topic \(topic.topic.name)", Shown.count(topic.rows)) }
        for (status, rows) in stats.rowsByStatus.sorted(by: { $0.key < $1.key }) {
            table.add("status \(status)", Shown.count(rows))
        }
        for state in DeliveryState.allCases {
            if let rows = stats.rowsByState[state] { table.add("delivery \(state.name)", Shown.count(rows)) }
        }
        table.add("superseded", Shown.count(stats.superseded))
        var files = TextTable(("FILE", .left), ("SIZE", .right))
        for file in stats.files { files.add(file.name, HumanText.bytes(file.bytes)) }
        var text = "Publisher \(stats.publisherID)"
        if let first = stats.firstSeq, let last = stats.lastSeq { text += ", rows \(first)…\(last)" }
        if let first = stats.firstRecordedAt, let last = stats.lastRecordedAt {
            text += ", \(HumanText.time(first)) to \(HumanText.time(last))"
        }
        return text + "\n\n" + table.text + "\n" + files.text
    }

    private func document(_ stats: JournalStats) -> JSONValue {
        [
            "pub": .string(stats.publisherID), "rows": .whole(stats.rows),
            "first_seq": .optional(stats.firstSeq, JSONValue.whole),
            "last_seq": .optional(stats.lastSeq, JSONValue.whole),
            "first_recorded_at": .optional(stats.firstRecordedAt, JSONValue.time),
            "last_recorded_at": .optional(stats.lastRecordedAt, JSONValue.time),
            "topics": .array(
                stats.topics.map { topic in
                    [
                        "topic": .string(topic.topic.name), "rows": .whole(topic.rows),
                        "last_tseq": .whole(topic.lastNumber),
                    ]
                }),
            "status": .object(
                stats.rowsByStatus.sorted { $0.key < $1.key }.map { .init($0.key, .whole($0.value)) }),
            "delivery": .object(
                DeliveryState.allCases.map { .init($0.name, .whole(stats.rowsByState[$0, default: 0])) }),
            "delivery_runs": .whole(stats.deliveryRuns), "superseded": .whole(stats.superseded),
            "bytes": .whole(stats.bytes),
            "files": .array(stats.files.map { ["name": .string($0.name), "bytes": .whole($0.bytes)] }),
        ]
    }
}
