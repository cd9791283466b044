import RiderJournal
import Synchronization

/// Puts what several parts of the process have committed in the order of the journal: the publisher takes rows in that order
/// only, and each part learns late of the rows of the others.
///
/// A row is handed on once every row before it has been published or skipped. Results may wait for the queue's
/// acknowledgement, so messages that follow them wait here.
final class TelemetryOrder: Sendable {
    private struct State {
        /// The first row that was neither published nor skipped.
        var next: Int64
        /// Rows behind it: nil for a skipped one.
        var waiting: [Int64: JournalRecord?] = [:]
    }

    private let state: Mutex<State>
    private let submit: @Sendable ([JournalRecord]) -> Void

    /// - Parameters:
    ///   - last: the last row before this process.
    ///   - submit: takes rows by rising number. Called under a lock: it must not wait.
    init(after last: Int64, submit: @escaping @Sendable ([JournalRecord]) -> Void) {
        state = Mutex(State(next: last + 1))
        self.submit = submit
    }

    /// Rows that wait for earlier ones.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// - Parameter records: by rising number.
    func publish(_ records: [JournalRecord]) {
        guard let first = records.first, let last = records.last else { return }
        state.withLock { state in
            if state.waiting.isEmpty, first.seq == state.next, last.seq - first.seq == Int64(records.count) - 1 {
                state.next = last.seq + 1
                submit(records)
                return
            }
            for record in records { state.waiting[record.seq] = .some(record) }
            handOn(&state)
        }
    }

    /// Rows that will not be published; those of an earlier run do not matter.
    func skip(_ seqs: [Int64]) {
        guard !seqs.isEmpty else { return }
        state.withLock { state in
            for seq in seqs where seq >= state.next { state.waiting[seq] = .some(nil) }
            handOn(&state)
        }
    }

    private func handOn(_ state: inout State) {
        var ready: [JournalRecord] = []
        while let found = state.waiting.removeValue(forKey: state.next) {
            state.next += 1
            if let record = found { ready.append(record) }
        }
        if !ready.isEmpty { submit(ready) }
    }
}
