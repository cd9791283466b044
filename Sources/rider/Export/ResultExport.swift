import RiderHistory
import RiderJournal
import RiderModel

/// Writes the history of results as csv or jsonl, a few hundred at a time.
struct ResultExport {
    let directory: String
    let format: ExportFormat
    let span: Range<UnixTime>
    let output: OutputPlan

    private static let columns = [
        "seq", "recorded_at", "task_id", "task_type", "priority", "attempt", "status", "wait_ms", "processing_time_ms",
        "delivery", "superseded",
    ]

    func run() async throws {
        let reader = JournalReader(directory: directory)
        let progress = ProgressLine()
        defer { progress.clear() }
        var query = JournalQuery()
        query.limit = 512
        query.topics = TelemetryTopic.ofResults
        query.since = span.lowerBound
        query.until = span.upperBound
        var count = 0
        var file: (sink: any HistoryExport.Sink, begin: Int64)?
        while true {
            let results = try await reader.results(query)
            guard let last = results.last else { break }
            query.after = last.seq
            var text: [UInt8] = []
            for result in results {
                let begin = periodBegin(result.recordedAt)
                // A clock that was set back opens no file again.
                if file.map({ begin > $0.begin }) ?? true {
                    try file?.sink.write(text)
                    try file?.sink.finish()
                    text = format == .csv ? Array((Self.columns.joined(separator: ",") + "\n").utf8) : []
                    file = (try output.open(UnixTime(milliseconds: begin)), begin)
                }
                text += format == .csv ? Self.csv(result) : Self.json(result)
                count += 1
            }
            try file?.sink.write(text)
            progress.show("\(Shown.count(count)) results, at \(HumanText.time(last.recordedAt))")
        }
        try file?.sink.finish()
        if count == 0 { try await explainNothing(reader) }
    }

    private func periodBegin(_ time: UnixTime) -> Int64 {
        guard let length = output.period?.wholeMilliseconds else { return span.lowerBound.milliseconds }
        return time.milliseconds - time.milliseconds % length
    }

    private func explainNothing(_ reader: JournalReader) async throws {
        let stats = try await reader.stats()
        guard let first = stats.firstRecordedAt, let last = stats.lastRecordedAt else {
            throw CommandFailure("there are no results yet")
        }
        throw CommandFailure(
            "no results in this span: the journal has some between \(HumanText.time(first)) and \(HumanText.time(last)) "
                + "(\(HumanText.iso8601(first)) to \(HumanText.iso8601(last)))")
    }

    private static func csv(_ result: JournalResult) -> [UInt8] {
        let quoted = result.taskID.contains { "\",\n\r".contains($0) }
        let taskID = quoted ? "\"" + result.taskID.replacing("\"", with: "\"\"") + "\"" : result.taskID
        let fields: [String] = [
            String(result.seq), HumanText.iso8601(result.recordedAt), taskID, result.taskType, String(result.priority),
            String(result.attempt), result.status, String(result.waitMilliseconds),
            result.processingMilliseconds.map { $0.description } ?? "", result.state.name,
            result.isSuperseded ? "true" : "false",
        ]
        return Array((fields.joined(separator: ",") + "\n").utf8)
    }

    private static func json(_ result: JournalResult) -> [UInt8] {
        let line = JSONValue.object([
            .init("seq", .whole(result.seq)), .init("recorded_at", .time(result.recordedAt)),
            .init("task_id", .string(result.taskID)), .init("task_type", .string(result.taskType)),
            .init("priority", .whole(result.priority)), .init("attempt", .whole(result.attempt)),
            .init("status", .string(result.status)), .init("wait_ms", .whole(result.waitMilliseconds)),
            .init("processing_time_ms", .optional(result.processingMilliseconds, JSONValue.number)),
            .init("delivery", .string(result.state.name)), .init("superseded", .bool(result.isSuperseded)),
        ])
        return line.encoded + [UInt8(ascii: "\n")]
    }
}
