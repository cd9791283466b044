import RiderJournal
import RiderWorker
import Synchronization

/// The journal as the worker sees it; remembers whether the last commit went well.
final class JournalOutlet: ResultJournal {
    private let journal: Journal
    private let order: TelemetryOrder
    private let failure = Mutex<String?>(nil)

    init(journal: Journal, order: TelemetryOrder) {
        self.journal = journal
        self.order = order
    }

    /// Why the last commit failed; nil when it did not.
    var lastFailure: String? { failure.withLock { $0 } }

    func append(_ entries: [JournalEntry]) async throws -> [JournalRecord] {
        do {
            let records = try await journal.append(entries)
            failure.withLock { if $0 != nil { $0 = nil } }
            return records
        } catch {
            failure.withLock { $0 = "\(error)" }
            throw error
        }
    }

    func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {
        journal.recordAcknowledged(upTo: seq, superseded: superseded)
        order.skip(superseded)
    }

    var unacknowledgedAtOpen: [UnacknowledgedResult] { journal.unacknowledgedAtOpen }
}
