import RiderJournal
import RiderModel
import RiderWorker

/// A publisher that nobody listens to.
struct NoPublisher: ResultPublisher {
    func publish(_ records: [JournalRecord]) {}
    func command(_ task: ClaimedTask, _ result: TaskResult, receivedAt: UInt64) {}
}
