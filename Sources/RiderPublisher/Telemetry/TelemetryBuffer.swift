import DequeModule
import RiderJournal
import RiderModel
import Synchronization

/// Committed records between the worker, which must never wait, and the publisher's thread.
///
/// The buffer is bounded. When it is full, what comes is let go and only remembered by number: it is in the journal, and is
/// read back in `seq` order once the buffer has run empty. Nothing is handed to the thread twice.
final class TelemetryBuffer: Sendable {
    /// What the thread should do next.
    enum Supply: Sendable {
        case records(Deque<JournalRecord>)
        /// The buffer is empty, and there is more in the journal.
        case backlog(BacklogRequest)
        case nothing
    }

    struct BacklogRequest: Sendable, Hashable {
        var from: Int64
        var limit: Int
    }

    private struct State {
        var records: Deque<JournalRecord> = []
        var bytes = 0
        /// Taken by the thread and not yet given up: they count as well.
        var takenRecords = 0
        var takenBytes = 0
        /// The first record that is only in the journal; nil while everything fits.
        var backlogFrom: Int64?
        var readsBacklog = false
        /// The largest body that was let go, to choose how many to read back at once.
        var largestBody = 1024
        /// Numbers up to this one have been submitted.
        var submittedSeq: Int64 = .min
        /// The last number per topic that was submitted.
        var submittedNumbers: [TelemetryTopic: Int64] = [:]
        /// Records up to this one were passed over.
        var passedSeq: Int64 = .min
        var isAsleep = false
    }

    private let maxRecords: Int
    private let maxBytes: Int
    private let state = Mutex(State())

    private static let readLimit = 256

    init(maxRecords: Int, maxBytes: Int) {
        self.maxRecords = maxRecords
        self.maxBytes = maxBytes
    }

    // MARK: - The worker's side

    /// - Returns: whether the thread sleeps and must be woken.
    func submit(_ records: [JournalRecord]) -> Bool {
        state.withLock { state in
            for record in records where record.seq > state.submittedSeq {
                state.submittedSeq = record.seq
                state.submittedNumbers[record.topic] = record.topicSeq
                if state.backlogFrom == nil, fits(record, in: state) {
                    state.records.append(record)
                    state.bytes += record.body.count
                } else {
                    state.backlogFrom = state.backlogFrom ?? record.seq
                    state.largestBody = max(state.largestBody, record.body.count)
                }
            }
            defer { state.isAsleep = false }
            return state.isAsleep
        }
    }

    /// One record always fits, however large, so that the order goes on.
    private func fits(_ record: JournalRecord, in state: State) -> Bool {
        let count = state.records.count + state.takenRecords
        let bytes = state.bytes + state.takenBytes + record.body.count
        return count == 0 || count < maxRecords && bytes <= maxBytes
    }

    var submittedNumbers: [TelemetryTopic: Int64] { state.withLock { $0.submittedNumbers } }

    var submittedSeq: Int64 { state.withLock { $0.submittedSeq } }

    /// Records that the thread has not taken: in memory, and only in the journal.
    var untaken: Int {
        state.withLock { state in
            state.records.count + (state.backlogFrom.map { Int(clamping: state.submittedSeq - $0 + 1) } ?? 0)
        }
    }

    /// Records in memory.
    var count: Int { state.withLock { $0.records.count + $0.takenRecords } }

    // MARK: - The thread's side

    /// Gives up what was taken before and takes everything there is.
    func take() -> Supply {
        state.withLock { state in
            state.takenRecords = state.records.count
            state.takenBytes = state.bytes
            if !state.records.isEmpty {
                let records = state.records
                state.records = []
                state.bytes = 0
                return .records(records)
            }
            guard let from = state.backlogFrom, !state.readsBacklog else { return .nothing }
            state.readsBacklog = true
            return .backlog(
                .init(from: from, limit: min(Self.readLimit, maxRecords, max(1, maxBytes / state.largestBody))))
        }
    }

    /// Takes in what was read from the journal; an empty answer means that the rows are gone.
    func fill(_ records: [JournalRecord], for request: BacklogRequest) {
        state.withLock { state in
            state.readsBacklog = false
            if request.from <= state.passedSeq { return }
            state.backlogFrom = nil
            // Rows that were not submitted are not acknowledged yet, or never will be.
            let records = records.filter { $0.seq >= request.from && $0.seq <= state.submittedSeq }
            for record in records {
                state.records.append(record)
                state.bytes += record.body.count
            }
            guard let last = records.last?.seq else { return }
            if last < state.submittedSeq {
                state.backlogFrom = last + 1
            } else {
                state.largestBody = 1024
            }
        }
    }

    /// Lets everything go that waits, in memory and in the journal.
    ///
    /// - Returns: the last record that was submitted.
    func passOver() -> Int64 {
        state.withLock { state in
            state.records = []
            state.bytes = 0
            (state.takenRecords, state.takenBytes) = (0, 0)
            state.backlogFrom = nil
            state.passedSeq = state.submittedSeq
            return state.submittedSeq
        }
    }

    /// The journal could not be read; the next ``take()`` asks again.
    func backlogFailed() {
        state.withLock { $0.readsBacklog = false }
    }

    /// Says that the thread is about to wait for a bell.
    ///
    /// - Returns: false when something has come in the meantime.
    func fallAsleep() -> Bool {
        state.withLock { state in
            state.isAsleep = state.records.isEmpty && (state.backlogFrom == nil || state.readsBacklog)
            return state.isAsleep
        }
    }

    func wakeUp() {
        state.withLock { $0.isAsleep = false }
    }
}
