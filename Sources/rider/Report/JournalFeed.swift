import RiderJournal
import RiderModel
import RiderReport

/// Reads the journal into a report, chunk by chunk.
struct JournalFeed {
    private static let resultsPerRead = 2048
    private static let outagesPerRead = 256

    let reader: JournalReader
    let progress: ProgressLine

    func fill(_ builder: inout ReportBuilder) async throws {
        var query = JournalQuery()
        query.since = builder.span.since
        query.until = builder.span.until
        // The messages of the metrics topic are no tasks.
        query.topics = Set(TelemetryTopic.allCases).subtracting([.metrics])
        let last = try await addResults(query, to: &builder)
        try await addFailures(query, through: last, to: &builder)
        try await addOutages(to: &builder)
    }

    /// - Returns: the last row that was read.
    private func addResults(_ query: JournalQuery, to builder: inout ReportBuilder) async throws -> Int64 {
        var query = query
        query.limit = Self.resultsPerRead
        var count = 0
        while true {
            try Task.checkCancellation()
            let results = try await reader.results(query)
            for result in results {
                builder.add(
                    ReportResult(
                        recordedAt: result.recordedAt, taskType: result.taskType, priority: result.priority,
                        isFailed: result.status != TaskResult.Status.completed.rawValue,
                        waitMilliseconds: result.waitMilliseconds,
                        processingMilliseconds: result.processingMilliseconds, delivery: result.effectiveState,
                        isDelivered: result.isDelivered,
                        isSuperseded: result.isSuperseded))
            }
            guard let last = results.last else { return query.after }
            query.after = last.seq
            count += results.count
            progress.show("results: \(Shown.count(count)), up to \(HumanText.time(last.recordedAt))")
        }
    }

    /// Why tasks failed stands in the bodies only.
    private func addFailures(
        _ query: JournalQuery, through last: Int64, to builder: inout ReportBuilder
    ) async throws {
        var query = query
        query.limit = Self.resultsPerRead
        query.status = .failed
        query.includesBodies = true
        query.includesSuperseded = false
        query.through = last
        var count = 0
        while true {
            try Task.checkCancellation()
            let results = try await reader.results(query)
            for result in results {
                builder.addFailure(result.taskType, reason: Self.reason(of: result), at: result.recordedAt)
            }
            guard let end = results.last else { return }
            query.after = end.seq
            count += results.count
            progress.show("reasons of failures: \(Shown.count(count)), up to \(HumanText.time(end.recordedAt))")
        }
    }

    /// Newest first: of too many the last ones are drawn.
    private func addOutages(to builder: inout ReportBuilder) async throws {
        var before = Outage.ID.max
        while true {
            let outages = try await reader.outages(
                before: before, since: builder.span.since, limit: Self.outagesPerRead)
            for outage in outages { builder.add(outage) }
            guard let last = outages.last else { return }
            before = last.id
        }
    }

    private static func reason(of result: JournalResult) -> String {
        guard let body = result.body, let members = try? JSONMembers(scanning: body), let error = members["error"],
            let text = try? JSONValue(parsing: error).string, !text.isEmpty
        else { return "no reason given" }
        return text
    }
}
