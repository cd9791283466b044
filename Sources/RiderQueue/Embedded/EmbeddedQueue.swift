import Logging
import Metrics
import RiderExecution
import RiderModel

/// The queue of one machine: an SQLite file, no server.
///
/// Any number of processes may open the same file; each sees what the others put in at once, as long as its ``run()`` runs.
///
///     let queue = try await EmbeddedQueue(path: "data/queue.sqlite", owner: "pc")
///     async let watching: Void = queue.run()
///     _ = try await queue.enqueue([NewTask(envelope)])
///     try await queue.waitForWork(in: [.text])
///     let claimed = try await queue.cycle(acknowledging: [], claiming: ClaimRequest(capacity: [.text: 4], limit: 4))
///
/// **What a power cut can take.** An enqueue call with a durable task returns after its commit is on the disk
/// (`synchronous=FULL`). Claims, acknowledgements and tasks that are not durable are committed without waiting for the disk
/// (`NORMAL`): the write-ahead log keeps the order of commits, so a power cut takes only the latest of them, and the next durable
/// commit makes all before it durable too. A lost claim or acknowledgement means that a task is worked on once more. The end of a
/// process, however it ends, takes nothing.
///
/// **Order.** A task keeps its position for life. One that comes back (given back, lease ended, retry due) is older than what has
/// come since and so is at the head of its level.
///
/// **Time.** Leases, waits and deadlines are wall-clock times, because processes share them. A clock that is set forward ends leases
/// early: the tasks come a second time, and the first holder's acknowledgement finds its lease lost.
///
/// **Disk.** Every writing step holds an exclusive lock on `queue.lock`, which lies beside the file as `queue.wake` does. The file keeps
/// the size of its largest backlog and reuses the room.
public actor EmbeddedQueue: TaskQueue {
    private nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    /// Where the file is.
    public nonisolated let path: String
    private nonisolated let configuration: QueueConfiguration
    private nonisolated let time: TimeSource
    private nonisolated let sleep: @Sendable (UnixTime) async throws -> Void
    private nonisolated let randomness: @Sendable () -> Double
    private nonisolated let logger: Logger
    private nonisolated let metrics: QueueMetrics
    private nonisolated let bell = WorkBell()
    private nonisolated let alarm = WakeAlarm()
    private nonisolated let wakeFile: WakeFile
    /// nil once the queue is closed.
    private var database: QueueDatabase?

    /// Opens the file, and makes it when it is not there.
    ///
    /// - Parameters:
    ///   - path: the database, for example `data/queue.sqlite`. The folder gets mode 0700 when it is made, the file 0600.
    ///   - owner: names this worker's leases. Two workers of one queue must not share it while they run.
    ///   - sleep: how a waiting worker lets time pass; tests pass one that goes with their clock.
    ///   - randomness: a number from 0 to 1, for the wait before a retry.
    /// - Throws: ``QueueError``.
    public init(
        path: String, owner: String, configuration: QueueConfiguration = QueueConfiguration(),
        time: TimeSource = .system,
        sleepingUntil sleep: @escaping @Sendable (UnixTime) async throws -> Void = {
            try await Task.sleep(for: max(.zero, $0 - TimeSource.system.wall()))
        },
        randomness: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        logger: Logger = Logger(label: "queue"), metrics: any MetricsFactory = MetricsSystem.factory
    ) async throws(QueueError) {
        let files = QueuePath(path)
        executor = ThreadExecutor(name: "queue")
        self.path = path
        self.configuration = configuration
        self.time = time
        self.sleep = sleep
        self.randomness = randomness
        self.logger = logger
        self.metrics = QueueMetrics(factory: metrics)
        wakeFile = files.wake
        database = nil
        // All is set: from here on this runs on the queue's own thread.
        do {
            database = try QueueDatabase(path: files, owner: owner, configuration: configuration)
        } catch {
            throw QueueError(error, whileTrying: "open", path)
        }
        logger.debug("queue opened", metadata: ["path": "\(path)"])
    }

    /// Closing writes to the file, so it belongs on the queue's own thread.
    isolated deinit {
        database = nil
    }

    /// Learns of what other processes put in and of leases and delays that end; returns when the task is cancelled. Without it, only
    /// this process's own tasks end a wait.
    ///
    /// - Throws: ``QueueError`` when the kernel does not let the folder be watched.
    public nonisolated func run() async throws(QueueError) {
        let bell = bell
        async let _ = alarm.run(sleepingUntil: sleep) { bell.ring() }
        try await wakeFile.watch { bell.ring() }
    }

    /// Closes the file; every later call throws. Dropping the last reference does the same at some later time.
    public func close() {
        database = nil
        bell.ring()
    }

    // MARK: - Producers

    public func enqueue(_ tasks: [NewTask]) throws(QueueError) -> [EnqueueOutcome] {
        guard !tasks.isEmpty else { return [] }
        let enqueued = try perform("put tasks into") { try $0.enqueue(tasks, now: time.wall()) }
        var queued = 0
        var full = 0
        for outcome in enqueued.outcomes {
            switch outcome {
            case .queued: queued += 1
            case .full: full += 1
            case .duplicate, .tooLarge: break
            }
        }
        if queued > 0 { announce() }
        metrics.enqueued.increment(by: queued)
        metrics.full.increment(by: full)
        metrics.superseded.increment(by: enqueued.superseded)
        return enqueued.outcomes
    }

    // MARK: - Workers

    public func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) throws(QueueError) -> CycleOutcome {
        let now = time.wall()
        let cycled = try perform("claim from") {
            try $0.cycle(acknowledging: finished, claiming: request, now: now)
        }
        if cycled.isFirstLease {
            // Those who wait know of no lease and so of no moment to look again: this worker may die.
            alarm.set(now + configuration.leaseDuration)
            wakeFile.touch()
        }
        let outcome = cycled.outcome
        metrics.expired.increment(by: cycled.expired)
        if outcome.reaped > 0 {
            metrics.reaped.increment(by: outcome.reaped)
            logger.notice(
                "leases ended without a result",
                metadata: [
                    "tasks": "\(outcome.reaped)", "workers": "\(cycled.lostOwners.sorted().joined(separator: ", "))",
                ])
        }
        record(died: outcome.died, dropped: cycled.droppedDeadLetters)
        return outcome
    }

    public nonisolated func waitForWork(in domains: Set<Domain>) async throws {
        while true {
            try Task.checkCancellation()
            let heard = bell.generation
            if try await hasWork(in: domains) { return }
            await bell.wait(after: heard)
        }
    }

    public nonisolated func claimWhenReady(_ request: ClaimRequest) async throws -> CycleOutcome {
        var hasRung = false
        while true {
            try Task.checkCancellation()
            let heard = bell.generation
            if let outcome = try await claimIfReady(request, hasRung: hasRung) { return outcome }
            await bell.wait(after: heard)
            hasRung = true
        }
    }

    /// - Parameter hasRung: there is probably something, so that a look before the claim would be one too many.
    /// - Returns: nil when there is nothing to claim before the bell rings.
    private func claimIfReady(_ request: ClaimRequest, hasRung: Bool) throws(QueueError) -> CycleOutcome? {
        if !hasRung, try !hasWork(in: request.domains) { return nil }
        let outcome = try cycle(acknowledging: [], claiming: request)
        let foundNothing = outcome.tasks.isEmpty && outcome.reaped == 0 && outcome.died == 0
        if foundNothing, try !hasWork(in: request.domains) { return nil }
        return outcome
    }

    /// When there is none, the bell will ring once there is.
    private func hasWork(in domains: Set<Domain>) throws(QueueError) -> Bool {
        try perform("look into") { database in
            switch try database.outlook(for: domains, now: time.wall()) {
            case .work: return true
            case .nothing(let next):
                if let next { alarm.set(next) }
                // Should it fail, the next step that writes says why.
                try? database.rest()
                return false
            }
        }
    }

    public func extend(_ leases: [ClaimedTask.Lease]) throws(QueueError) -> [ClaimedTask.Lease] {
        guard !leases.isEmpty else { return [] }
        return try perform("renew leases of") { try $0.extend(leases, now: time.wall()) }
    }

    public func giveBack(_ leases: [ClaimedTask.Lease]) throws(QueueError) {
        guard !leases.isEmpty else { return }
        try perform("give tasks back to") { try $0.giveBack(leases) }
        announce()
    }

    public func fail(_ lease: ClaimedTask.Lease, reason: String) throws(QueueError) -> FailOutcome {
        let now = time.wall()
        let delay = configuration.retryDelay(attempt: lease.attempt, fraction: randomness())
        let failed = try perform("record a failure in") {
            try $0.fail(lease, reason: reason, retryAt: now + delay, now: now)
        }
        switch failed.outcome {
        case .retry:
            metrics.retried.increment()
            announce()
        case .dead: record(died: 1, dropped: failed.droppedDeadLetters)
        case .lost: break
        }
        return failed.outcome
    }

    public func recoverOwnLeases(_ remains: WorkerRemains) throws(QueueError) -> RecoveredLeases {
        let result = try perform("take tasks back in") { try $0.recoverOwnLeases(remains, now: time.wall()) }
        metrics.reaped.increment(by: result.leases.returned + result.leases.died)
        record(died: result.leases.died, dropped: result.droppedDeadLetters)
        if result.leases.returned > 0 { announce() }
        return result.leases
    }

    // MARK: - People

    public func pause(_ domains: Set<Domain>) throws(QueueError) {
        try perform("pause") { try $0.pause(domains) }
    }

    public func resume(_ domains: Set<Domain>) throws(QueueError) {
        try perform("resume") { try $0.resume(domains) }
        announce()
    }

    /// The file is this program's own: whatever endangers it fails loudly.
    public func warnings() throws(QueueError) -> [String] { [] }

    public func stats() throws(QueueError) -> QueueStats {
        try perform("look into") { try $0.stats() }
    }

    public func list(limit: Int) throws(QueueError) -> [QueuedTask] {
        try perform("list") { try $0.list(limit: limit) }
    }

    public func bury(_ bytes: [UInt8], reason: String) throws(QueueError) {
        let dropped = try perform("keep a dead letter in") { try $0.bury(bytes, reason: reason, now: time.wall()) }
        // Hostile input comes at its own pace: it is counted here, and its reader says what it was.
        metrics.dead.increment()
        metrics.deadDropped.increment(by: dropped)
    }

    public func deadLetters(limit: Int) throws(QueueError) -> [DeadLetter] {
        try perform("list the dead letters of") { try $0.deadLetters(limit: limit) }
    }

    public func retryDeadLetters(_ ids: [Int64]?) throws(QueueError) -> Int {
        let count = try perform("retry dead letters of") { try $0.retryDeadLetters(ids, now: time.wall()) }
        if count > 0 { announce() }
        return count
    }

    public func dropDeadLetters(_ ids: [Int64]?) throws(QueueError) -> Int {
        try perform("drop dead letters of") { try $0.dropDeadLetters(ids) }
    }

    public func clear() throws(QueueError) -> Int {
        try perform("clear") { try $0.clear() }
    }

    // MARK: -

    /// Wakes those who wait, here and in other processes.
    private func announce() {
        bell.ring()
        wakeFile.touch()
    }

    private func record(died: Int, dropped: Int) {
        guard died > 0 || dropped > 0 else { return }
        metrics.dead.increment(by: died)
        metrics.deadDropped.increment(by: dropped)
        logger.warning(
            "tasks became dead letters", metadata: ["tasks": "\(died)", "oldest letters dropped": "\(dropped)"])
    }

    private func perform<Success>(
        _ action: String, _ step: (QueueDatabase) throws -> Success
    ) throws(QueueError) -> Success {
        guard let database else { throw QueueError(.unavailable, "the queue \(path) is closed") }
        do {
            return try step(database)
        } catch {
            throw QueueError(error, whileTrying: action, path)
        }
    }
}
