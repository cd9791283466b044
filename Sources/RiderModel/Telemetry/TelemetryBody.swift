/// The message about a finished task: what the journal keeps and the publisher sends, without the publisher's mark.
///
/// The fields of `telemetry.task.completed` come first, in its order; `task_type`, `priority`, `attempt` and `wait_ms` are
/// additions that old listeners ignore.
public enum TelemetryBody {
    /// A string of a result shorter than this is never taken out.
    public static let smallestElidedBytes = 1024

    /// - Parameter timestamp: when the result was made.
    /// - Returns: one JSON object on one line, unless an engine's own output had line breaks: it passes through untouched.
    public static func make(task: ClaimedTask, result: TaskResult, timestamp: UnixTime) -> [UInt8] {
        var writer = JSONWriter(capacity: 288 + task.envelope.id.utf8.count + (result.output?.count ?? 0))
        writer.object { writer in
            writer.key("task_id")
            writer.string(task.envelope.id)
            writer.key("status")
            writer.string(result.status.rawValue)
            writer.key("processing_time_ms")
            writer.number(ifKnown: result.processingMilliseconds)
            writer.key("timestamp")
            writer.number(timestamp.seconds)
            writer.key("result")
            if let output = result.output { writer.raw(output) } else { writer.null() }
            writer.key("error")
            if let error = result.error { writer.string(error) } else { writer.null() }
            writer.key("meta")
            writer.value(.object(result.meta))
            writer.key("task_type")
            writer.string(task.envelope.type.rawValue)
            writer.key("priority")
            writer.integer(task.envelope.priority.rawValue)
            writer.key("attempt")
            writer.integer(task.attempt)
            writer.key("wait_ms")
            writer.integer(max(0, task.waited.wholeMilliseconds))
        }
        return writer.bytes
    }

    /// Takes large strings out of a body's `result`, the largest first, until the body fits. Facts stay; audio goes.
    ///
    /// - Parameters:
    ///   - body: a message as ``make(task:result:timestamp:)`` writes it.
    ///   - limit: bytes that the body may have.
    /// - Returns: the body and what was taken out, such as `result.audio_data`. A body without enough large strings may
    ///   still be larger than the limit; something that is no JSON object comes back as it is.
    public static func elidingBinaryFields(
        of body: [UInt8], toFit limit: Int
    ) -> (body: [UInt8], elided: [String]) {
        guard body.count > limit, let outer = try? JSONMembers(scanning: body), let result = outer["result"],
            let inner = try? JSONMembers(scanning: result)
        else { return (body, []) }

        let candidates = inner.members.indices
            .filter { inner.members[$0].isString && inner.members[$0].value.count > smallestElidedBytes }
            .sorted { inner.members[$0].text.count > inner.members[$1].text.count }
        var dropped: Set<Int> = []
        var size = body.count
        for index in candidates where size > limit {
            dropped.insert(index)
            size -= inner.members[index].text.count
        }
        if dropped.isEmpty { return (body, []) }

        var writer = JSONWriter(capacity: size)
        writer.object { writer in
            for index in inner.members.indices where !dropped.contains(index) {
                writer.raw(inner.members[index].text)
            }
        }
        let rewritten = body[..<result.startIndex] + writer.bytes + body[result.endIndex...]
        return (Array(rewritten), dropped.sorted().map { "result." + inner.members[$0].key })
    }

    /// Adds a member `elided` that names what ``elidingBinaryFields(of:toFit:)`` took out, for a body that is kept that way.
    public static func naming(elided: [String], in body: [UInt8]) -> [UInt8] {
        if elided.isEmpty { return body }
        var writer = JSONWriter()
        writer.array { writer in
            for name in elided { writer.string(name) }
        }
        return JSONWriter.appending(member: "elided", writer.bytes, to: body)
    }
}
