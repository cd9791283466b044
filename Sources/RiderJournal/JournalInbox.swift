import DequeModule
import RiderExecution
import RiderModel
import Synchronization

/// What appenders and the publisher leave for the writer thread.
final class JournalInbox: Sendable {
    struct Append: Sendable {
        let entries: [JournalEntry]
        let continuation: CheckedContinuation<Result<[JournalRecord], JournalError>, Never>
    }

    typealias Item = WaitingList<Append>.Item

    enum Step {
        case commit([Item], DeliveryNews)
        /// After the news, which the work may depend on.
        case perform(Job, DeliveryNews)
        case flush(DeliveryNews)
        case maintain
        /// Until the bell rings, or until a time in monotonic nanoseconds.
        case sleep(until: UInt64)
        /// Everything is written, and nothing more will come.
        case end
    }

    /// A piece of work that only the writer may do. Short: commits wait for it.
    struct Job: Sendable {
        /// - Throws: ``JournalError`` when the file turns out to be damaged.
        let run: @Sendable (inout JournalWriter) throws -> Void
        let refuse: @Sendable (JournalError) -> Void
    }

    private struct State {
        var jobs: Deque<Job> = []
        /// Superseded rows of the news that the writer has in hand.
        var supersededInHand: [Int64] = []
        var waiting: WaitingList<Append>
        var news = DeliveryNews()
        /// When the oldest news came; nil when there is none.
        var newsSince: UInt64?
        var newsLost = false
        var nextID: UInt64 = 0
        /// When the writer wakes up by itself; nil while it does not sleep.
        var sleepsUntil: UInt64?
        var isStopping = false
        var isClosed = false
    }

    let bell = Doorbell()
    private let policy: CommitPolicy
    private let flushNanoseconds: UInt64
    private let maxNews: Int
    private let state: Mutex<State>

    init(_ configuration: JournalConfiguration) {
        policy = CommitPolicy(configuration)
        flushNanoseconds = UInt64(max(0, configuration.deliveryFlushInterval.inSeconds) * 1e9)
        maxNews = max(1, configuration.maxPendingRanges)
        state = Mutex(
            State(
                waiting: WaitingList(
                    maxRows: configuration.maxWaitingRows, maxBytes: configuration.maxWaitingBytes)))
    }

    // MARK: - Appenders and the publisher

    /// Waits for the commit; beyond the limits also for room, and only that wait ends with the task's cancellation.
    func append(
        _ entries: [JournalEntry], bytes: Int, arrival: UInt64
    ) async -> Result<[JournalRecord], JournalError> {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let append = Append(entries: entries, continuation: continuation)
                let item = Item(id: id, rows: entries.count, bytes: bytes, arrival: arrival, payload: append)
                let refusal = state.withLock { state -> JournalError? in
                    if state.isClosed || state.isStopping { return .hasEnded }
                    // The handler below may have run before the item is in the list.
                    if Task.isCancelled, !state.waiting.hasRoom(rows: item.rows, bytes: bytes) { return .wasCancelled }
                    state.waiting.append(item)
                    wake(&state)
                    return nil
                }
                if let refusal { continuation.resume(returning: .failure(refusal)) }
            }
        } onCancel: {
            let withdrawn = state.withLock { state in
                let append = state.waiting.withdraw(id)
                // Its going may have let others in.
                if append != nil { wake(&state) }
                return append
            }
            withdrawn?.continuation.resume(returning: .failure(.wasCancelled))
        }
    }

    /// Does a piece of work on the writer's thread, after everything that has been reported.
    ///
    /// - Parameter action: what is done, as the beginning of a sentence: "beginning a replay".
    func perform<Value: Sendable>(
        _ action: String, _ work: @escaping @Sendable (inout JournalWriter) throws -> Value
    ) async throws(JournalError) -> Value {
        let result: Result<Value, JournalError> = await withCheckedContinuation { continuation in
            let job = Job { writer in
                do {
                    continuation.resume(returning: .success(try work(&writer)))
                } catch {
                    let failure = JournalError.translating(error, while: action)
                    continuation.resume(returning: .failure(failure))
                    if failure.code == .corrupt { throw failure }
                }
            } refuse: {
                continuation.resume(returning: .failure($0))
            }
            let isRefused = state.withLock { state in
                if state.isClosed || state.isStopping { return true }
                state.jobs.append(job)
                wake(&state)
                return false
            }
            if isRefused { job.refuse(.hasEnded) }
        }
        return try result.get()
    }

    /// - Returns: how many runs had to be forgotten because nothing could be written for long.
    func report(_ news: DeliveryNews, now: UInt64) -> Int {
        state.withLock { state in
            state.news.add(news)
            if state.news.isEmpty { return 0 }
            if state.newsSince == nil {
                state.newsSince = now
                // Behind a commit it will be awake in time.
                if let until = state.sleepsUntil, until > now &+ flushNanoseconds { wake(&state) }
            } else if state.news.size > maxNews {
                wake(&state)
            }
            return dropExcess(&state)
        }
    }

    /// Superseded rows of which the file may not know yet.
    func unwrittenSuperseded() -> Set<Int64> {
        state.withLock { Set($0.news.superseded + $0.supersededInHand) }
    }

    private func wake(_ state: inout State) {
        guard state.sleepsUntil != nil else { return }
        state.sleepsUntil = nil
        bell.ring()
    }

    private func dropExcess(_ state: inout State) -> Int {
        let dropped = state.news.drop(keeping: 2 * maxNews)
        if dropped > 0 { state.newsLost = true }
        return dropped
    }

    // MARK: - The writer

    func nextStep(after last: CommitPolicy.LastCommit?, maintenanceDue: UInt64, now: UInt64) -> Step {
        state.withLock { state in
            state.sleepsUntil = nil
            state.supersededInHand = []
            // First: under load there is always a commit to be made.
            if let job = state.jobs.popFirst() { return .perform(job, takeNews(&state)) }
            let group = state.waiting.nextGroup(policy)
            let decision = policy.decide(group, after: last, now: now)
            if decision == .commit || (state.isStopping && !group.isEmpty) {
                return .commit(state.waiting.take(group), takeNews(&state))
            }
            if let since = state.newsSince {
                let isDue = now >= since &+ flushNanoseconds || state.news.size > maxNews
                if isDue || state.isStopping { return .flush(takeNews(&state)) }
            }
            if state.isStopping {
                state.isClosed = true
                return .end
            }
            if now >= maintenanceDue { return .maintain }
            var wakeUp = maintenanceDue
            if case .wait(let until) = decision { wakeUp = min(wakeUp, until) }
            if let since = state.newsSince {
                wakeUp = min(wakeUp, since &+ flushNanoseconds)
            } else if let last, now < last.ended &+ flushNanoseconds {
                // There will be news of what was committed: they need not wake it.
                wakeUp = min(wakeUp, last.ended &+ flushNanoseconds)
            }
            state.sleepsUntil = wakeUp
            return .sleep(until: wakeUp)
        }
    }

    private func takeNews(_ state: inout State) -> DeliveryNews {
        let news = state.news
        state.supersededInHand = news.superseded
        state.news = DeliveryNews()
        state.newsSince = nil
        return news
    }

    /// Keeps news that could not be written for a later try.
    ///
    /// - Returns: how many runs had to be forgotten.
    func putBack(_ news: DeliveryNews, now: UInt64) -> Int {
        guard !news.isEmpty else { return 0 }
        return state.withLock { state in
            state.news.putBack(news)
            state.newsSince = now
            return dropExcess(&state)
        }
    }

    func waitingRows() -> Int {
        state.withLock { $0.waiting.admittedRows }
    }

    /// How many appends wait for room.
    func blockedAppends() -> Int {
        state.withLock { $0.waiting.blockedCount }
    }

    /// Whether outcomes were forgotten: then nobody may trust a row that has none.
    func hasLostNews() -> Bool {
        state.withLock { $0.newsLost || !$0.news.isEmpty }
    }

    func isStopping() -> Bool {
        state.withLock { $0.isStopping }
    }

    /// Gives up news that cannot be written at the end.
    func forget(_ news: DeliveryNews) {
        state.withLock { $0.newsLost = $0.newsLost || !news.isEmpty }
    }

    /// Lets the writer write what waits and then end.
    func stop() {
        state.withLock { state in
            state.isStopping = true
            wake(&state)
        }
    }

    /// Refuses everything that waits, and everything to come.
    func close(_ error: JournalError) {
        let (items, jobs) = state.withLock { state in
            state.isClosed = true
            defer { state.jobs = [] }
            return (state.waiting.takeAll(), state.jobs)
        }
        for item in items { item.payload.continuation.resume(returning: .failure(error)) }
        for job in jobs { job.refuse(error) }
    }
}

extension JournalError {
    static let hasEnded = JournalError(.closed, "the journal has ended and takes no more results")
    static let wasCancelled = JournalError(
        .cancelled, "cancelled while waiting for room in the journal; nothing was written")
}
