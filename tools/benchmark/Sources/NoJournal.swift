import RiderJournal
import RiderWorker
import Synchronization

/// A journal that keeps nothing.
final class NoJournal: ResultJournal {
    private let seq = Atomic<Int64>(0)

    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] {
        entries.map { entry in
            let number = seq.wrappingAdd(1, ordering: .relaxed).newValue
            return JournalRecord(
                seq: number, topicSeq: number, topic: entry.topic, recordedAt: entry.recordedAt, body: entry.body)
        }
    }

    func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {}
    var unacknowledgedAtOpen: [UnacknowledgedResult] { [] }
}
