import RiderJournal
import RiderModel

extension JournalEntry {
    /// The journal's view of a finished task. A message over the limit keeps its facts and loses its binary fields, named
    /// in the body.
    init(_ task: ClaimedTask, _ result: TaskResult, recordedAt: UnixTime, maxBodyBytes: Int) {
        let type = task.envelope.type
        var body = TelemetryBody.make(task: task, result: result, timestamp: recordedAt)
        if body.count > maxBodyBytes {
            let smaller = TelemetryBody.elidingBinaryFields(of: body, toFit: maxBodyBytes)
            body = TelemetryBody.naming(elided: smaller.elided, in: smaller.body)
        }
        self.init(
            taskID: task.envelope.id, taskType: type, topic: type.domain.telemetryTopic,
            priority: task.envelope.priority, attempt: task.attempt,
            position: task.lease.position, status: result.status,
            waitMilliseconds: task.waited.wholeMilliseconds,
            processingMilliseconds: result.processingMilliseconds, recordedAt: recordedAt, body: body)
    }
}
