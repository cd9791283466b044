import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists results in the order in which they were committed.",
        discussion: """
            Times: 2h, 90s, 3d (ago), 2026-11-24, 2026-11-24T10:00:00Z, Unix seconds.

            Examples:
              rider journal list --since 2h
              rider journal list --type vision.frame --status failed --limit 20
              rider journal list --task 019ab0c4-… --body --json
            """)

    @Option(help: ArgumentHelp("Recorded at this time or later.", valueName: "time"))
    var since: TimePoint?

    @Option(help: ArgumentHelp("Recorded before this time.", valueName: "time"))
    var until: TimePoint?

    @Option(
        help: ArgumentHelp("Of this topic, such as telemetry.text; else of all topics of results.", valueName: "name"))
    var topic: String?

    @Option(help: ArgumentHelp("Of this task type.", valueName: "name"))
    var type: String?

    @Option(help: ArgumentHelp("completed or failed.", valueName: "name"))
    var status: String?

    @Option(help: ArgumentHelp("In this delivery state, such as handed_off.", valueName: "state"))
    var delivery: String?

    @Option(help: ArgumentHelp("Of the task with this id.", valueName: "id"))
    var task: String?

    @Option(help: ArgumentHelp("After this row.", valueName: "row"))
    var after: Int64 = 0

    @Option(help: ArgumentHelp("Results at most.", valueName: "number"))
    var limit = 50

    @Flag(help: "With the message's body.")
    var body = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more") }
        _ = try query()
    }

    private func query() throws -> JournalQuery {
        func known<Value>(_ text: String?, _ option: String, _ find: (String) -> Value?, _ all: [String]) throws
            -> Value?
        {
            guard let text else { return nil }
            guard let value = find(text) else {
                throw ValidationError("--\(option) \(text): known are \(all.joined(separator: ", "))")
            }
            return value
        }
        var query = JournalQuery()
        query.after = after
        query.limit = limit
        query.taskID = task
        query.includesBodies = body
        query.since = since?.resolved
        query.until = until?.resolved
        let only = try known(
            topic, "topic", { TelemetryTopic(name: $0) }, TelemetryTopic.allCases.map(\.name))
        // Rounds of metrics would hide the results between them.
        query.topics = only.map { [$0] } ?? TelemetryTopic.ofResults
        query.taskType = try known(type, "type", { TaskType(rawValue: $0) }, TaskType.allCases.map(\.rawValue))
        query.status = try known(
            status, "status", { TaskResult.Status(rawValue: $0) }, ["completed", "failed"])
        query.state = try known(
            delivery, "delivery", { name in DeliveryState.allCases.first { $0.name == name } },
            DeliveryState.allCases.map(\.name))
        return query
    }

    func run() async throws {
        let results = try await JournalReader(directory: try global.load().dataDirectory).results(try query())
        if json {
            Terminal.write(json: .array(results.map(document)))
            return
        }
        var table = TextTable(
            ("ROW", .right), ("RECORDED", .left), ("TYPE", .left), ("STATUS", .left), ("ATTEMPT", .right),
            ("WAITED", .right), ("TOOK", .right), ("DELIVERY", .left), ("TASK", .left))
        for result in results {
            table.add(
                String(result.seq), HumanText.time(result.recordedAt), result.taskType,
                result.status + (result.isSuperseded ? " (superseded)" : ""), String(result.attempt),
                HumanText.duration(.milliseconds(result.waitMilliseconds)),
                result.processingMilliseconds.map { HumanText.duration(.seconds($0 / 1000)) } ?? "",
                result.state.name, Shown.line(result.taskID, limit: 64))
            if body, let bytes = result.body {
                table.add(
                    "", "", "", "", "", "", "", "", Shown.line(String(decoding: bytes, as: UTF8.self), limit: 2000))
            }
        }
        Terminal.write(table.text)
    }

    private func document(_ result: JournalResult) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("seq", .whole(result.seq)), .init("tseq", .whole(result.topicSeq)),
            .init("topic", .string(result.topic.name)), .init("recorded_at", .time(result.recordedAt)),
            .init("task_id", .string(result.taskID)), .init("task_type", .string(result.taskType)),
            .init("priority", .whole(result.priority)), .init("attempt", .whole(result.attempt)),
            .init("status", .string(result.status)), .init("wait_ms", .whole(result.waitMilliseconds)),
            .init("processing_time_ms", .optional(result.processingMilliseconds, JSONValue.number)),
            .init("delivery", .string(result.state.name)), .init("superseded", .bool(result.isSuperseded)),
            .init("bytes", .whole(result.bodyBytes)),
        ]
        if body, let bytes = result.body {
            members.append(
                .init("body", (try? JSONValue(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))))
        }
        return .object(members)
    }
}
