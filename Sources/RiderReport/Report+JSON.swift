import RiderJournal
import RiderModel

extension Report {
    /// The numbers behind the page. Times are Unix seconds, durations milliseconds.
    public var json: JSONValue {
        func time(_ time: UnixTime) -> JSONValue { .number(time.seconds) }
        func byState(_ counts: [DeliveryState: Int]) -> JSONValue {
            .object(DeliveryState.allCases.map { .init($0.name, .integer(Int64(counts[$0, default: 0]))) })
        }
        func group(_ group: Group, as key: String) -> JSONValue {
            [
                key: .string(group.name), "completed": .integer(Int64(group.completed)),
                "failed": .integer(Int64(group.failed)), "processing_ms": Self.json(group.processing),
                "wait_ms": Self.json(group.wait), "most_waiting": group.greatestDepth.map(JSONValue.number) ?? .null,
            ]
        }
        return [
            "since": time(span.since), "until": time(span.until), "pub": .string(publisherID),
            "generated_at": time(generatedAt), "step_seconds": .integer(span.stepMilliseconds / 1000),
            "completed": .integer(Int64(total.completed)), "failed": .integer(Int64(total.failed)),
            "superseded": .integer(Int64(superseded)), "processing_ms": Self.json(total.processing),
            "wait_ms": Self.json(total.wait), "delivery": byState(delivery),
            "delivered": .integer(Int64(delivered)), "has_history": .bool(hasHistory),
            "task_types": .array(taskTypes.map { group($0, as: "task_type") }),
            "priorities": .array(levels.map { group($0, as: "priority") }),
            "failures": .array(
                failures.map { failure in
                    [
                        "task_type": .string(failure.taskType), "reason": .string(failure.reason),
                        "count": .integer(Int64(failure.count)), "last_seen": time(failure.lastSeen),
                    ]
                }),
            "other_failures": .integer(Int64(otherFailures)),
            "breakers": .array(
                breakers.map { strip in
                    let names: [ReportState: String] = [.good: "closed", .trying: "half_open", .bad: "open"]
                    return Self.json(strip, subject: "engine", names: names)
                }),
            "links": .array(
                links.map { Self.json($0, subject: "link", names: [.good: "up", .bad: "down"]) }),
            "outage_count": .integer(Int64(outageCount)),
            "outages": .array(
                outages.map { outage in
                    [
                        "cause": .string(outage.cause.rawValue), "begun_at": time(outage.begunAt),
                        "ended_at": outage.endedAt.map(time) ?? .null, "rows": .integer(outage.rows),
                    ]
                }),
            "steps": .array(
                steps.enumerated().map { index, step in
                    [
                        "at": time(span.beginning(ofStep: index)), "completed": .integer(Int64(step.completed)),
                        "failed": .integer(Int64(step.failed)), "processing_ms": Self.json(step.processing),
                        "wait_p95_ms": Self.byLevel(step.wait.mapValues(\.p95)),
                        "most_waiting": Self.byLevel(step.depth), "delivery": byState(step.delivery),
                    ]
                }),
        ]
    }

    private static func byLevel(_ values: [Int: Double]) -> JSONValue {
        .object(values.sorted { $0.key < $1.key }.map { .init(String($0.key), .number($0.value)) })
    }

    private static func json(_ summary: DurationSummary?) -> JSONValue {
        guard let summary else { return .null }
        return [
            "count": .integer(Int64(summary.count)), "p50": .number(summary.median), "p95": .number(summary.p95),
            "p99": .number(summary.p99), "max": .number(summary.maximum),
        ]
    }

    private static func json(_ strip: StateStrip, subject: String, names: [ReportState: String]) -> JSONValue {
        .object(
            [.init(subject, .string(strip.subject))]
                + ReportState.allCases.compactMap { state in
                    names[state].map { .init($0 + "_ms", .integer(strip.milliseconds[state, default: 0])) }
                })
    }
}
