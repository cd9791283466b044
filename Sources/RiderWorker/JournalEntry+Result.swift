import RiderJournal
import RiderModel

extension JournalEntry {
    /// The journal's view of a finished task.
    init(_ task: ClaimedTask, _ result: TaskResult, recordedAt: UnixTime, maxBodyBytes: Int) {
        let type = task.envelope.type
        self.init(
            taskID: task.envelope.id, taskType: type, topic: type.domain.telemetryTopic,
            priority: task.envelope.priority, attempt: task.attempt, status: result.status,
            waitMilliseconds: task.waited.wholeMilliseconds,
            processingMilliseconds: result.processingMilliseconds, recordedAt: recordedAt, body: [])
    }
}
