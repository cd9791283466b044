import Logging
import RiderJournal
import RiderModel
import RiderPublisher
import RiderWorker

/// Where acknowledged results go: telemetry to whoever listens, commands to the robot.
struct ResultOutlet: ResultPublisher {
    let journal: Journal
    /// nil when telemetry is switched off: the journal says so of each row.
    let telemetry: TelemetryPublisher?
    /// nil without a robot.
    let robot: RobotLink?
    let time: TimeSource

    func publish(_ records: [JournalRecord]) {
        if let telemetry {
            telemetry.submit(records)
        } else {
            journal.recordDelivery(records.map { .init(first: $0.seq, last: $0.seq, state: .notPublished) })
        }
    }

    func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {
        guard let robot else { return }
        // Speech only has to be started in time.
        if task.envelope.type == .visionFrame, task.isLate(by: time) { return }
        for message in RobotMessages.from(task: task, result: result, now: time.wall()) {
            robot.offer(message, receivedAt: receivedAt)
        }
    }
}
