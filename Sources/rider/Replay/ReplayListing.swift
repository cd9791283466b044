import RiderJournal
import RiderModel
import RiderReplay

/// How replays look on paper.
enum ReplayListing {
    // MARK: - The end

    static func report(_ progress: ReplayProgress) -> String {
        guard let run = progress.run else { return "Nothing to send.\n" }
        var lines = [headline(progress)]
        lines.append(
            "\(Shown.count(progress.sent)) of \(Shown.count(progress.selected)) sent in "
                + "\(HumanText.duration(progress.elapsed)), \(outcome(progress))")
        if progress.notSent > 0 {
            lines.append(
                "\(Shown.count(progress.notSent)) not sent: nobody had subscribed to them, or they are too large")
        }
        if !progress.confirms, progress.sent > 0 {
            lines.append("Nobody confirms there: handed off is given to a connected subscriber, and no more is known.")
        }
        if let problem = progress.problem { lines.append(problem) }
        if progress.phase == .stopped || progress.phase == .interrupted {
            lines.append("Go on with: rider replay --resume \(run)")
        } else if progress.phase == .done, !progress.isComplete {
            lines.append("Send what is in doubt once more with: rider replay --only-undelivered")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func headline(_ progress: ReplayProgress) -> String {
        let name = "Replay \(progress.run.map(String.init) ?? "")"
        return switch progress.phase {
        case .done: "\(name) is done."
        case .noSubscriber: "\(name): no subscriber came, nothing was sent."
        case .interrupted: "\(name): the last subscriber left, or the link was lost, and did not come back in time."
        case .failed: "\(name) failed."
        default: "\(name) was stopped."
        }
    }

    private static func outcome(_ progress: ReplayProgress) -> String {
        var parts: [String] = []
        if progress.confirms { parts.append("\(Shown.count(progress.confirmed)) confirmed") }
        if progress.handedOff > 0 { parts.append("\(Shown.count(progress.handedOff)) handed off") }
        parts.append("\(Shown.count(progress.uncertain)) uncertain")
        return parts.joined(separator: ", ")
    }

    // MARK: - Dry run

    static func text(_ preview: ReplayPreview) -> String {
        guard preview.rows > 0, let first = preview.firstRecordedAt, let last = preview.lastRecordedAt else {
            return "Nothing to send.\n"
        }
        var table = TextTable(("WOULD SEND", .left), ("", .left))
        table.add("rows", Shown.count(preview.rows))
        table.add("bytes", HumanText.bytes(preview.bytes))
        table.add("numbers", "\(preview.firstSeq.map(String.init) ?? "") … \(preview.lastSeq.map(String.init) ?? "")")
        table.add("recorded", "\(HumanText.time(first)) … \(HumanText.time(last))")
        table.add("span", HumanText.duration(preview.span ?? .zero))
        table.add(
            "takes",
            preview.duration.map { "\(HumanText.duration($0)) (\(preview.rate))" } ?? "what the listener needs (max)")
        return table.text
    }

    static func json(_ preview: ReplayPreview) -> String {
        line(
            .object([
                .init("rows", .whole(preview.rows)), .init("bytes", .whole(preview.bytes)),
                .init("first_seq", .optional(preview.firstSeq) { .whole($0) }),
                .init("last_seq", .optional(preview.lastSeq) { .whole($0) }),
                .init("first_recorded_at", .optional(preview.firstRecordedAt, JSONValue.time)),
                .init("last_recorded_at", .optional(preview.lastRecordedAt, JSONValue.time)),
                .init("span_seconds", .optional(preview.span) { .number($0.inSeconds) }),
                .init("rate", .string(preview.rate.description)),
                .init("duration_seconds", .optional(preview.duration) { .number($0.inSeconds) }),
            ]))
    }

    // MARK: - List

    static func text(_ runs: [ReplayRun]) -> String {
        var table = TextTable(
            ("RUN", .right), ("KIND", .left), ("BEGUN", .left), ("STATE", .left), ("ROWS", .right), ("SENT", .right),
            ("CONFIRMED", .right), ("HANDED OFF", .right), ("UNCERTAIN", .right), ("NOT SENT", .right))
        for run in runs {
            table.add(
                String(run.id), run.kind.rawValue, HumanText.time(run.begunAt), run.state.name,
                Shown.count(run.selected), Shown.count(run.counts.sent), Shown.count(run.counts.confirmed),
                Shown.count(run.counts.handedOff), Shown.count(run.counts.uncertain), Shown.count(run.counts.notSent))
        }
        return table.text
    }

    static func json(_ runs: [ReplayRun]) -> String {
        line(
            .array(
                runs.map { run in
                    .object([
                        .init("run", .whole(run.id)), .init("kind", .string(run.kind.rawValue)),
                        .init("state", .string(run.state.name)), .init("begun_at", .time(run.begunAt)),
                        .init("ended_at", .optional(run.endedAt, JSONValue.time)),
                        .init("selection", (try? JSONValue(parsing: Array(run.selection.utf8))) ?? .null),
                        .init("first_seq", .whole(run.first)), .init("last_seq", .whole(run.last)),
                        .init("position", .whole(run.position)), .init("selected", .whole(run.selected)),
                        .init("confirms", .bool(run.hasProbe)), .init("sent", .whole(run.counts.sent)),
                        .init("confirmed", .whole(run.counts.confirmed)),
                        .init("handed_off", .whole(run.counts.handedOff)),
                        .init("uncertain", .whole(run.counts.uncertain)),
                        .init("not_sent", .whole(run.counts.notSent)),
                    ])
                }))
    }

    private static func line(_ value: JSONValue) -> String {
        String(decoding: value.encoded, as: UTF8.self) + "\n"
    }
}
