import Logging
import RiderJournal
import RiderModel
import Synchronization

/// Carries out replays and catch-ups, one at a time, and remembers in the journal how far they are.
///
///     let service = ReplayService(journal: journal, outlets: outlets, logger: logger)
///     // In the service group, behind the journal and the publisher:
///     try await service.run()
///     // Anywhere:
///     let progress = try await service.start(request)
public actor ReplayService {
    /// Ended replays whose progress can still be asked for.
    static let keptRuns = 16
    private static let isUnwatched =
        "stopped: whoever began it has not asked how far it is for \(ReplayWatchers.patience / 1_000_000_000) s"

    let journal: Journal
    let configuration: ReplayConfiguration
    let time: TimeSource
    let logger: Logger
    private let outlets: any ReplayOutlets
    /// The one that is used to look for rows: it takes long, and must not keep others from reading.
    let reader: JournalReader

    private let work: AsyncStream<Work>
    private nonisolated let workSink: AsyncStream<Work>.Continuation
    private nonisolated let catchUps = Mutex(CatchUpNeed?.none)
    private var runs: [Ticket] = []
    /// Somebody's replay is being prepared, waits or runs.
    private var isTaken = false
    private var isOver = false

    enum Work: Sendable {
        case replay(Ticket)
        case catchUp
    }

    /// A run in this process.
    struct Ticket: Sendable {
        let run: ReplayRun
        let request: ReplayRequest
        let bounds: ReplayBounds
        let rate: ReplayRate
        let box: ReplayProgressBox
        let watchers: ReplayWatchers
        /// Somebody wants it to stop.
        let stop = AsyncStream.makeStream(of: Void.self)
    }

    public init(
        journal: Journal, outlets: any ReplayOutlets, configuration: ReplayConfiguration = ReplayConfiguration(),
        logger: Logger, time: TimeSource = .system
    ) {
        self.journal = journal
        self.outlets = outlets
        self.configuration = configuration
        self.logger = logger
        self.time = time
        reader = JournalReader(directory: journal.directory)
        (work, workSink) = AsyncStream.makeStream(of: Work.self)
    }

    // MARK: - Life

    /// Carries out what is asked for until the task is cancelled. Then the replay that runs is stopped in order; it can be
    /// resumed. To be called once, while the journal and the publishers run.
    public func run() async {
        for await work in work {
            switch work {
            case .replay(let ticket): await perform(ticket)
            case .catchUp: await catchUp()
            }
        }
        isOver = true
        workSink.finish()
        for ticket in runs where !ticket.box.progress.phase.isEnd { await end(ticket, .success(.stopped)) }
    }

    /// Begins a replay; it is sent when those before it are over.
    ///
    /// - Returns: its first progress; without a run, and done, when there is nothing to send.
    public func start(_ request: ReplayRequest) async throws(ReplayRefusal) -> ReplayProgress {
        try take()
        do {
            let confirms = try outlets.confirms(request.endpoint)
            let bounds = try await ReplayBounds.find(request, in: reader, now: time.wall())
            guard let first = bounds.summary.firstSeq, let last = bounds.summary.lastSeq else {
                isTaken = false
                return ReplayProgress(run: nil, phase: .done)
            }
            let run = try await journal.beginReplay(
                ReplayPlan(
                    kind: .replay, selection: bounds.request.text, first: first, last: last,
                    selected: bounds.summary.rows, hasProbe: confirms))
            return enqueue(run, bounds)
        } catch {
            isTaken = false
            throw ReplayRefusal(error)
        }
    }

    /// Goes on with a run that was stopped, or that a process left unfinished.
    ///
    /// - Parameters:
    ///   - rate: nil keeps the run's own.
    ///   - wait: for a subscriber.
    ///   - isWatched: see ``ReplayRequest/isWatched``.
    public func resume(
        _ id: ReplayRun.ID, rate: ReplayRate?, wait: Duration, isWatched: Bool = false
    ) async throws(ReplayRefusal) -> ReplayProgress {
        try take()
        do {
            guard let known = try await reader.replayRun(id) else {
                throw ReplayRefusal.notFound("there is no replay \(id); `rider replay --list` shows those there are")
            }
            var request = try ReplayRequest(json: try JSONValue(parsing: Array(known.selection.utf8)))
            request.rate = rate ?? request.rate
            request.wait = wait
            request.isWatched = isWatched
            _ = try outlets.confirms(request.endpoint)
            let run = try await journal.resumeReplay(id)
            return enqueue(run, ReplayBounds(resuming: run, request))
        } catch {
            isTaken = false
            throw ReplayRefusal(error)
        }
    }

    private func take() throws(ReplayRefusal) {
        if isOver { throw .unavailable("this process is ending and begins no replay") }
        if isTaken { throw .busy(run: runs.last { !$0.box.progress.phase.isEnd }?.run.id) }
        isTaken = true
    }

    private func enqueue(_ run: ReplayRun, _ bounds: ReplayBounds) -> ReplayProgress {
        let request = bounds.request
        let ticket = ticket(run, bounds, rate: request.rate ?? .adaptive(Double(configuration.rate)))
        workSink.yield(.replay(ticket))
        return ticket.box.progress
    }

    func ticket(_ run: ReplayRun, _ bounds: ReplayBounds, rate: ReplayRate) -> Ticket {
        var progress = ReplayProgress(run: run.id, phase: .queued)
        progress.selected = run.selected
        progress.confirms = run.hasProbe
        progress.settle(run.counts)
        let ticket = Ticket(
            run: run, request: bounds.request, bounds: bounds, rate: rate,
            box: ReplayProgressBox(progress, time: time), watchers: ReplayWatchers(time: time))
        runs.append(ticket)
        if runs.count > Self.keptRuns { runs.removeFirst() }
        return ticket
    }

    /// Tells how far a run of this process is, as soon as there is something newer than a version.
    ///
    /// - Returns: nil when there is no such run here.
    public func progress(
        of id: ReplayRun.ID, after version: Int64, within limit: Duration
    ) async -> ReplayProgress? {
        guard let ticket = runs.last(where: { $0.run.id == id }) else { return nil }
        return await ticket.watchers.watching { await ticket.box.progress(after: version, within: limit) }
    }

    /// Stops a run of this process; it may take a moment until what is on its way is confirmed.
    ///
    /// - Returns: false when there is no such run here.
    public func stop(_ id: ReplayRun.ID) -> Bool {
        guard let ticket = runs.last(where: { $0.run.id == id }) else { return false }
        ticket.stop.continuation.yield()
        return true
    }

    // MARK: - One run

    func perform(_ ticket: Ticket) async {
        let job = job(ticket)
        let outlets = outlets
        let ending: Result<ReplayEnding, any Error> = await withTaskGroup(of: Result<ReplayEnding, any Error>?.self) {
            group in
            group.addTask {
                do {
                    return .success(try await outlets.withOutlet(ticket.request.endpoint) { try await $0.send(job) })
                } catch is CancellationError {
                    return .success(.stopped)
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in ticket.stop.stream { break }
                return nil
            }
            if ticket.request.isWatched {
                group.addTask {
                    await ticket.watchers.haveGone()
                    if !Task.isCancelled { ticket.box.update { $0.problem = Self.isUnwatched } }
                    return nil
                }
            }
            var ending: Result<ReplayEnding, any Error>?
            while let result = await group.next() {
                ending = ending ?? result
                group.cancelAll()
            }
            return ending ?? .success(.stopped)
        }
        await end(ticket, ending)
    }

    func confirmsLive() throws(ReplayRefusal) -> Bool { try outlets.confirms(nil) }

    private func job(_ ticket: Ticket) -> ReplayJob {
        let (bounds, box, journal, run) = (ticket.bounds, ticket.box, journal, ticket.run)
        let (rows, bytes) = (configuration.chunkRows, configuration.chunkBytes)
        // Of its own, so that looking for the next rows waits for nobody else's reads.
        let reader = JournalReader(directory: journal.directory)
        let before = run.counts
        // What was reported must be written before rows are read again, and now and then where it is much: rows that lie
        // scattered have a range of states each.
        let mustWrite = Mutex((lastAfter: Int64.min, isScattered: false))
        return ReplayJob(
            run: run.id, topics: ticket.request.topics.isEmpty ? Set(TelemetryTopic.allCases) : ticket.request.topics,
            topicPrefix: ticket.request.topicPrefix, rate: ticket.rate, wait: ticket.request.wait,
            namedSubscribersOnly: run.kind == .catchUp, position: run.position
        ) { after in
            let (lastAfter, isScattered) = mustWrite.withLock { $0 }
            if after <= lastAfter || isScattered { try await journal.writeReports() }
            let records = try await reader.records(bounds.query(after: after, rows: rows, bytes: bytes))
            let span = records.last.map { $0.seq - after } ?? 0
            mustWrite.withLock { $0 = (after, span > 2 * Int64(records.count)) }
            return records
        } report: { report in
            if report.position != nil || !report.ranges.isEmpty {
                journal.recordReplay(run.id, position: report.position, ranges: report.ranges)
            }
            box.update { progress in
                progress.add(report)
                progress.sent += before.sent
            }
        }
    }

    private func end(_ ticket: Ticket, _ ending: Result<ReplayEnding, any Error>) async {
        defer { if ticket.run.kind == .replay { isTaken = false } }
        var isDone = false
        if case .success(.finished) = ending { isDone = true }
        do {
            let run = try await journal.endReplay(ticket.run.id, isDone: isDone)
            ticket.box.update { progress in
                progress.settle(run.counts)
                progress.finish(ending)
            }
        } catch {
            ticket.box.update { progress in
                progress.finish(ending)
                progress.problem = progress.problem ?? "\(error)"
            }
        }
        let progress = ticket.box.progress
        logger.notice(
            ticket.run.kind == .catchUp ? "catch-up is over" : "replay is over",
            metadata: [
                "run": "\(ticket.run.id)", "end": "\(progress.phase.rawValue)", "sent": "\(progress.sent)",
                "confirmed": "\(progress.confirmed)", "uncertain": "\(progress.uncertain)",
                "problem": "\(progress.problem ?? "none")",
            ])
    }
}

extension ReplayService {
    /// Asks for a catch-up; see `ReplayService+CatchUp`.
    struct CatchUpNeed: Sendable {
        var topics: Set<TelemetryTopic>
        var through: Int64
    }

    /// Somebody has subscribed to topics by their names, or the link is back and somebody had: rows up to a number that
    /// have not reached anybody are sent. Returns at once.
    public nonisolated func subscribersCame(to topics: Set<TelemetryTopic>, through seq: Int64) {
        guard configuration.catchUp == .undelivered, !topics.isEmpty else { return }
        let isNew = catchUps.withLock { need in
            defer {
                need = CatchUpNeed(
                    topics: topics.union(need?.topics ?? []), through: max(seq, need?.through ?? .min))
            }
            return need == nil
        }
        if isNew { workSink.yield(.catchUp) }
    }

    nonisolated func takeCatchUp() -> CatchUpNeed? {
        catchUps.withLock { need in
            defer { need = nil }
            return need
        }
    }
}

extension ReplayProgress {
    fileprivate mutating func finish(_ ending: Result<ReplayEnding, any Error>) {
        switch ending {
        case .success(.finished): phase = .done
        case .success(.stopped): phase = .stopped
        case .success(.noSubscriber): phase = .noSubscriber
        case .success(.interrupted): phase = .interrupted
        case .failure(let error):
            phase = .failed
            problem = "\(error)"
        }
    }
}

extension ReplayRefusal {
    init(_ error: any Error) {
        switch error {
        case let error as ReplayRefusal: self = error
        case let error as ReplayRequestError: self = .invalid(error.description)
        case let error as JournalError where error.code == .notFound || error.code == .conflict:
            self = .notFound(error.description)
        default: self = .unavailable("\(error)")
        }
    }
}
