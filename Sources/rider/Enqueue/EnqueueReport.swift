import RiderModel

/// What became of the tasks of one `rider enqueue`.
struct EnqueueReport: Sendable, Hashable {
    var queued = 0
    /// Tasks whose id was in the queue already.
    var duplicates = 0
    /// Lines that are no task, or tasks that are too large.
    var refused = 0
    /// Tasks that found the queue full.
    var full = 0
    /// The line from which on nothing more went in, when the queue was full.
    var stoppedAtLine: Int?
    /// The queue's limit, once it was met.
    var limit: Int?

    /// 0 when everything is in the queue, 1 when nothing is, 3 when the queue was full or some lines were refused.
    var status: ExitStatus {
        if full > 0 { return .partlyDone }
        if refused == 0 { return .done }
        return queued + duplicates > 0 ? .partlyDone : .failed
    }

    var text: String {
        var parts = ["\(Shown.count(queued)) queued"]
        if duplicates > 0 { parts.append("\(Shown.count(duplicates)) in the queue already") }
        if refused > 0 { parts.append("\(Shown.count(refused)) refused") }
        var text = parts.joined(separator: ", ")
        if let stoppedAtLine {
            text +=
                "; the queue is full (limit \(Shown.count(limit ?? 0))): nothing from line \(stoppedAtLine) on went in"
        }
        return text
    }

    var json: JSONValue {
        [
            "queued": .whole(queued), "duplicates": .whole(duplicates), "refused": .whole(refused),
            "full": .bool(full > 0), "stopped_at_line": .optional(stoppedAtLine, JSONValue.whole),
        ]
    }
}
