import DequeModule
import RiderJournal
import RiderReplay
import Synchronization

/// The rows of one replay between the journal's reader and the publisher's thread: two chunks at most.
final class ReplayFeed: Sendable {
    enum Supply {
        case records(Deque<JournalRecord>)
        /// They are being read; the doorbell rings when they are there.
        case pending
        case end
        case failed(any Error)
    }

    struct Request: Sendable {
        var after: Int64
        fileprivate var generation: Int
    }

    private struct State {
        var records: Deque<JournalRecord> = []
        var next: Int64
        /// Rises when it goes back: what is being read then is not wanted any more.
        var generation = 0
        var isReading = false
        var isAtEnd = false
        var failure: (any Error)?
        var isStopping = false
        var ending: Result<ReplayEnding, any Error>?
        var waiter: CheckedContinuation<ReplayEnding, any Error>?
    }

    let job: ReplayJob
    let requests: AsyncStream<Request>
    private let sink: AsyncStream<Request>.Continuation
    private let state: Mutex<State>

    init(_ job: ReplayJob) {
        self.job = job
        state = Mutex(State(next: job.position))
        (requests, sink) = AsyncStream.makeStream(of: Request.self)
    }

    // MARK: - The thread's side

    /// Takes the chunk that is there and asks for the next one.
    func take() -> Supply {
        let (supply, request) = state.withLock { state -> (Supply, Request?) in
            if let failure = state.failure { return (.failed(failure), nil) }
            let records = state.records
            state.records = []
            if state.isAtEnd { return (records.isEmpty ? .end : .records(records), nil) }
            var request: Request?
            if !state.isReading {
                state.isReading = true
                request = Request(after: state.next, generation: state.generation)
            }
            return (records.isEmpty ? .pending : .records(records), request)
        }
        if let request { sink.yield(request) }
        return supply
    }

    /// Goes on behind a row once more.
    func rewind(to seq: Int64) {
        state.withLock { state in
            state.generation += 1
            state.records = []
            state.next = seq
            state.isReading = false
            state.isAtEnd = false
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func complete(_ ending: Result<ReplayEnding, any Error>) {
        let waiter = state.withLock { state in
            if state.ending == nil { state.ending = ending }
            defer { state.waiter = nil }
            return state.waiter
        }
        sink.finish()
        waiter?.resume(with: ending)
    }

    // MARK: - The asker's side

    func fill(_ records: Result<[JournalRecord], any Error>, for request: Request) {
        state.withLock { state in
            guard request.generation == state.generation else { return }
            state.isReading = false
            switch records {
            case .success(let records):
                if let last = records.last {
                    state.records.append(contentsOf: records)
                    state.next = last.seq
                } else {
                    state.isAtEnd = true
                }
            case .failure(let error): state.failure = error
            }
        }
    }

    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Waits for the end.
    func ending() async throws -> ReplayEnding {
        try await withCheckedThrowingContinuation { continuation in
            let ending = state.withLock { state in
                if state.ending == nil { state.waiter = continuation }
                return state.ending
            }
            if let ending { continuation.resume(with: ending) }
        }
    }
}
