import Logging
import RiderJournal
import RiderModel
import RiderPublisher
import RiderWorker

/// Where acknowledged results go: telemetry to whoever listens, commands to the robot.
struct ResultOutlet: ResultPublisher {
    let order: TelemetryOrder
    /// nil without a robot.
    let robot: RobotLink?
    let time: TimeSource

    func publish(_ records: [JournalRecord]) {
        order.publish(records)
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
