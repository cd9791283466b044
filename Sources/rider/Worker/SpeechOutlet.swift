import RiderModel
import RiderProviders
import RiderPublisher

/// Sends the robot the parts of a long speech as they are made.
struct SpeechOutlet: Sendable {
    let robot: RobotLink
    let time: TimeSource

    func offer(_ task: ClaimedTask, _ chunk: SpeechChunk) {
        let now = time.wall()
        let message = TTSChunkMessage(
            task: task, data: chunk.data, sampleRate: chunk.sampleRate, durationMilliseconds: chunk.milliseconds,
            seq: chunk.index, isLast: chunk.isLast, now: now)
        guard let message,
            let command = try? RobotMessage(
                topic: .ttsChunk, body: message.encoded, taskID: task.envelope.id, inputAt: task.enqueuedAt)
        else { return }
        // A speech must begin in time; once it has begun, its other parts are as old as the moment they were made.
        robot.offer(
            command, receivedAt: chunk.index == 0 ? task.receivedAt(by: time) : time.monotonicNanoseconds())
    }
}
