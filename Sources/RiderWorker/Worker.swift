import Logging
import Metrics
import RiderJournal
import RiderModel
import RiderProviders
import RiderQueue
import ServiceLifecycle

/// Takes tasks from the queue, has providers work on them, and sees their results through.
///
/// The order for each result: committed to the journal, then acknowledged to the queue, then published. Each stage is a loop
/// of its own that takes everything its neighbour has ready, so that batches grow with the load and an idle worker passes
/// a single task on at once:
///
///     claim ─▶ backlog ─▶ runners (one per slot) ─▶ commit ─▶ acknowledge and claim ─▶ publish
///
/// All but the runners do little more than call the queue, and run where the queue would have them: see ``TaskQueue/taskExecutor``.
///
/// On a graceful shutdown the worker claims nothing more, gives unstarted tasks back, lets running ones finish within the
/// grace period, and gives the rest back. Cancellation gives everything back that has no result.
public struct Worker: Service {
    private let queue: any TaskQueue
    private let providers: [Domain: any Provider]
    private let journal: any ResultJournal
    private let publisher: any ResultPublisher
    private let configuration: WorkerConfiguration
    private let time: TimeSource
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let metrics: WorkerMetrics
    private let backlog: TaskBacklog
    private let started: StartedTasks?
    private let outage: Outage

    /// - Parameter started: where the worker notes what it is at, so that its successor knows which tasks may have killed it; nil: every
    ///   task that a killed worker held counts as one of them.
    public init(
        queue: any TaskQueue, providers: [any Provider], journal: any ResultJournal,
        publisher: any ResultPublisher, started: StartedTasks? = nil, configuration: WorkerConfiguration = .init(),
        time: TimeSource = .system,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.queue = queue
        self.providers = Dictionary(providers.map { ($0.domain, $0) }) { first, _ in first }
        self.journal = journal
        self.publisher = publisher
        self.configuration = configuration
        self.time = time
        self.clock = clock
        self.logger = logger
        metrics = WorkerMetrics(
            providerNames: self.providers.mapValues(\.name), factory: metricsFactory)
        backlog = TaskBacklog(
            planner: ClaimPlanner(
                slots: self.providers.mapValues(\.maxConcurrentTasks), batchSize: configuration.batchSize,
                claimAhead: configuration.claimAhead), isFirstInFirstOut: configuration.aging > .zero)
        self.started = started
        outage = Outage(of: "queue", logger: logger)
    }

    private enum Part {
        case claimer
        case renewer
        case runners
        case committer
        case acknowledger
    }

    public func run() async throws {
        do {
            try await settleEarlierRun()
        } catch is CancellationError {
            return
        }
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Part.self) { group in
                group.addTask(executorPreference: queue.taskExecutor) { try await claim() }
                group.addTask { try await renewLeases() }
                group.addTask { await runProviders() }
                group.addTask(executorPreference: queue.taskExecutor) { await commit() }
                group.addTask(executorPreference: queue.taskExecutor) { await acknowledge() }
                while let ended = try await group.next() {
                    // The last stage ends when everything before it is through.
                    if ended == .acknowledger { group.cancelAll() }
                }
            }
            // Also what a claim brought that was under way when the runners ended.
            await giveBack(backlog.takeUnstarted())
        } onGracefulShutdown: {
            logger.info("stopping: no more claims, running tasks may finish")
            backlog.drain()
        }
    }

    // MARK: - Starting

    /// Finds out which results of a run that did not end in order count, and gives the rest of its tasks back. While the queue is away
    /// it waits: nothing may be claimed before.
    private func settleEarlierRun() async throws {
        let results = journal.unacknowledgedAtOpen
        let remains = WorkerRemains(
            journaled: results.map {
                .init(taskID: $0.taskID, lease: .init(position: $0.position, attempt: $0.attempt))
            }, started: started?.leftBehind)
        var pause = RetryPause()
        while true {
            do {
                let recovered = try await queue.recoverOwnLeases(remains)
                outage.ended()
                note(recovered, of: results)
                return
            } catch  where error.code == .incompatible || error.code == .corrupt {
                // Waiting mends neither.
                throw error
            } catch {
                outage.began(error)
                let rest = pause.next()
                try await cancelWhenGracefulShutdown { try await clock.sleep(for: rest) }
            }
        }
    }

    private func note(_ recovered: RecoveredLeases, of results: [UnacknowledgedResult]) {
        let lost = Set(recovered.lost)
        let superseded = results.filter { lost.contains(.init(position: $0.position, attempt: $0.attempt)) }
        if let last = results.last {
            journal.recordAcknowledged(upTo: last.seq, superseded: superseded.map(\.seq))
        }
        if recovered != RecoveredLeases() {
            logger.notice(
                "settled what an earlier run left behind",
                metadata: [
                    "tasks given back": "\(recovered.returned)", "dead letters": "\(recovered.died)",
                    "results acknowledged": "\(recovered.acknowledged)", "results superseded": "\(superseded.count)",
                ])
        }
    }

    // MARK: - Claiming

    /// Claims while the worker has free places and nothing to acknowledge; under load the acknowledger claims as well.
    private func claim() async throws -> Part {
        var pause = RetryPause()
        // The last claim took all that it found: there is something to wait for.
        var isEmpty = false
        while !backlog.isDraining, !Task.isCancelled {
            let reservation = backlog.reserve()
            if reservation.capacity.isEmpty {
                guard await backlog.capacityChanged.wait() else { break }
                continue
            }
            do {
                let tasks = isEmpty ? try await claimWhenReady(reservation) : try await claimNow(reservation)
                pause.reset()
                isEmpty = !reservation.isUsedUp(by: tasks)
            } catch {
                backlog.settle(reservation, tasks: [], now: time.monotonicNanoseconds())
                if Task.isCancelled { break }
                isEmpty = false
                outage.began(error)
                try? await clock.sleep(for: pause.next())
            }
        }
        return .claimer
    }

    private func claimNow(_ reservation: ClaimReservation) async throws -> [ClaimedTask] {
        take(try await queue.cycle(acknowledging: [], claiming: .init(reservation)), for: reservation)
    }

    /// Waits for something to claim, or until another domain is worth claiming for as well.
    private func claimWhenReady(_ reservation: ClaimReservation) async throws -> [ClaimedTask] {
        try await withThrowingTaskGroup(of: [ClaimedTask].self) { group in
            group.addTask {
                do {
                    // Here and not behind the group: a task that has come waits for nothing more.
                    return take(try await queue.claimWhenReady(.init(reservation)), for: reservation)
                } catch is CancellationError {
                    backlog.settle(reservation, tasks: [], now: time.monotonicNanoseconds())
                    return []
                }
            }
            group.addTask {
                while await backlog.capacityChanged.wait() {
                    if backlog.hasMore(than: reservation) { break }
                }
                return []
            }
            var claimed: [ClaimedTask] = []
            for try await tasks in group {
                group.cancelAll()
                claimed += tasks
            }
            return claimed
        }
    }

    /// Takes over what a claim gave; of a claim that failed, the backlog is told directly.
    ///
    /// - Returns: the tasks.
    @discardableResult
    private func take(_ outcome: CycleOutcome, for reservation: ClaimReservation) -> [ClaimedTask] {
        outage.ended()
        for task in outcome.tasks { metrics.claimed(task) }
        backlog.settle(reservation, tasks: outcome.tasks, now: time.monotonicNanoseconds())
        if outcome.reaped > 0 {
            logger.notice("leases of other workers had ended", metadata: ["tasks": "\(outcome.reaped)"])
        }
        if outcome.died > 0 {
            logger.warning(
                "tasks became dead letters: see `rider queue dead list`", metadata: ["tasks": "\(outcome.died)"])
        }
        return outcome.tasks
    }

    // MARK: - Running

    private func runProviders() async -> Part {
        await withTaskGroup(of: Bool.self) { group in
            var running = 0
            for provider in providers.values {
                for _ in 0..<provider.maxConcurrentTasks {
                    running += 1
                    group.addTask {
                        await runTasks(with: provider)
                        return true
                    }
                }
            }
            group.addTask {
                if await backlog.draining.wait() { try? await clock.sleep(for: configuration.shutdownGrace) }
                return false
            }
            while let isRunner = await group.next() {
                if isRunner { running -= 1 }
                if !isRunner || running == 0 { group.cancelAll() }
            }
        }
        backlog.runnersEnded()
        return .runners
    }

    private func runTasks(with provider: any Provider) async {
        let signal = Signal()
        while !Task.isCancelled {
            switch backlog.next(in: provider.domain, signal: signal) {
            case .run(let tasks): await run(tasks, with: provider)
            case .wait: if await !signal.wait() { return }
            case .end: return
            }
        }
    }

    private func run(_ tasks: [ClaimedTask], with provider: any Provider) async {
        var finished: [TaskBacklog.Finished] = []
        finished.reserveCapacity(tasks.count)
        let start = time.monotonicNanoseconds()
        for (index, task) in tasks.enumerated() {
            if task.isLate(by: time) {
                finished.append(.init(task: task, result: ClaimedTask.Refusal.expired.result))
                continue
            }
            let place = started?.begin(task.lease)
            defer { started?.end(place) }
            do {
                finished.append(.init(task: task, result: try await provider.process(task)))
            } catch is CancellationError {
                await giveBack(Array(tasks[index...]))
                break
            } catch {
                await fail(task, with: provider, error)
            }
        }
        backlog.finish(
            finished, in: provider.domain, tookNanoseconds: time.monotonicNanoseconds() - start)
        for result in finished { metrics.finished(result.task.envelope.type, result.result) }
    }

    private func fail(_ task: ClaimedTask, with provider: any Provider, _ error: any Error) async {
        logger.error(
            "a provider broke down on a task",
            metadata: ["provider": "\(provider.name)", "task_id": "\(task.envelope.id)", "error": "\(error)"])
        do {
            _ = try await queue.fail(task.lease, reason: "\(provider.name): \(error)")
        } catch {
            logger.warning("the queue could not note it: the lease will end", metadata: ["error": "\(error)"])
        }
        backlog.drop(task)
    }

    private func giveBack(_ tasks: [ClaimedTask]) async {
        guard !tasks.isEmpty else { return }
        do {
            try await queue.giveBack(tasks.map(\.lease))
            logger.info("gave tasks back to the queue", metadata: ["tasks": "\(tasks.count)"])
        } catch {
            logger.warning(
                "could not give tasks back: they return when their leases end",
                metadata: ["tasks": "\(tasks.count)", "error": "\(error)"])
        }
        for task in tasks { backlog.drop(task) }
    }

    // MARK: - Committing

    private func commit() async -> Part {
        let outage = Outage(of: "journal", logger: logger)
        var pause = RetryPause()
        // Cancellation does not stop this loop: what has a result is seen through. It ends after the runners have.
        while let batch = backlog.takeFinished() {
            if batch.isEmpty {
                await backlog.resultFinished.waitThroughCancellation()
                continue
            }
            let entries = batch.map { entry(for: $0) }
            while true {
                do {
                    let records = try await journal.append(entries)
                    outage.ended()
                    pause.reset()
                    backlog.commit(zip(batch, records).map { .init(finished: $0, record: $1) })
                    break
                } catch {
                    if Task.isCancelled {
                        await giveBack(batch.map(\.task))
                        break
                    }
                    outage.began(error)
                    try? await clock.sleep(for: pause.next())
                }
            }
        }
        backlog.committerEnded()
        return .committer
    }

    private func entry(for finished: TaskBacklog.Finished) -> JournalEntry {
        JournalEntry(
            finished.task, finished.result, recordedAt: time.wall(), maxBodyBytes: configuration.maxBodyBytes)
    }

    // MARK: - Acknowledging and publishing

    private func acknowledge() async -> Part {
        while let batch = backlog.takeCommitted() {
            if batch.isEmpty {
                await backlog.recordCommitted.waitThroughCancellation()
                continue
            }
            let lost = await acknowledge(batch)
            backlog.acknowledged(batch)
            publish(batch, lost: lost)
        }
        return .acknowledger
    }

    /// - Returns: the leases that were no longer held.
    private func acknowledge(_ batch: [TaskBacklog.Committed]) async -> Set<ClaimedTask.Lease> {
        let leases = batch.map(\.finished.task.lease)
        var pause = RetryPause()
        while true {
            let reservation = backlog.reserve()
            do {
                let outcome = try await queue.cycle(acknowledging: leases, claiming: .init(reservation))
                take(outcome, for: reservation)
                let lost = Set(outcome.lost)
                noteAnswer(to: batch, lost: lost)
                return lost
            } catch {
                backlog.settle(reservation, tasks: [], now: time.monotonicNanoseconds())
                // The results are safe, and the next start asks the queue about them.
                if Task.isCancelled { return [] }
                outage.began(error)
                try? await clock.sleep(for: pause.next())
            }
        }
    }

    private func noteAnswer(to batch: [TaskBacklog.Committed], lost: Set<ClaimedTask.Lease>) {
        guard let last = batch.last?.record.seq else { return }
        let superseded = batch.filter { lost.contains($0.finished.task.lease) }.map(\.record.seq)
        if !superseded.isEmpty {
            logger.warning(
                "results of lost leases are superseded: another worker has their tasks",
                metadata: ["results": "\(superseded.count)"])
        }
        // Before later rows go out: a publisher that reads the journal again must not find a superseded row unmarked.
        journal.recordAcknowledged(upTo: last, superseded: superseded)
    }

    private func publish(_ batch: [TaskBacklog.Committed], lost: Set<ClaimedTask.Lease>) {
        let valid = lost.isEmpty ? batch : batch.filter { !lost.contains($0.finished.task.lease) }
        publisher.publish(valid.map(\.record))
        for committed in valid where committed.finished.result.status == .completed {
            let task = committed.finished.task
            publisher.command(task, committed.finished.result, receivedAt: task.receivedAt(by: time))
        }
    }

    // MARK: - Leases

    private func renewLeases() async throws -> Part {
        let period = configuration.leaseDuration / 3
        let periodNanoseconds = UInt64(period.inSeconds * 1e9)
        while true {
            do { try await clock.sleep(for: period) } catch { return .renewer }
            let now = time.monotonicNanoseconds()
            let leases = backlog.leases(renewedBefore: now - min(now, periodNanoseconds))
            guard !leases.isEmpty else { continue }
            do {
                let lost = try await queue.extend(leases)
                outage.ended()
                backlog.renewed(leases, at: now)
                backlog.lost(lost)
            } catch {
                outage.began(error)
            }
        }
    }
}

extension ClaimRequest {
    init(_ reservation: ClaimReservation) {
        self.init(capacity: reservation.capacity, limit: reservation.limit)
    }
}
