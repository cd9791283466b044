import CoreMetrics
import GRDB
import Glibc
import Logging
import RiderExecution
import RiderModel

/// The writer thread's work: commits, delivery states, retention and checkpoints, one after the other.
struct JournalWriter {
    /// How often age, reserve and write-ahead log are looked after when nothing is written.
    private static let maintenanceNanoseconds: UInt64 = 30_000_000_000

    let file: ResultsFile
    let inbox: JournalInbox
    let configuration: JournalConfiguration
    let ballast: Ballast
    let time: TimeSource
    let logger: Logger
    let metrics: JournalMetrics

    private var lastCommit: CommitPolicy.LastCommit?
    private var pageCounts: PageCountPolicy
    private var maintenanceDue: UInt64 = 0
    /// The file must not grow beyond this: the quota, or less when the disk is full.
    private var pageLimit: Int64
    private var isDiskFull = false
    private var hasBallast = false
    /// Undelivered rows removed since the last log line about them.
    private var unannounced = 0

    init(
        file: ResultsFile, inbox: JournalInbox, configuration: JournalConfiguration, time: TimeSource, logger: Logger,
        metrics: JournalMetrics
    ) {
        self.file = file
        self.inbox = inbox
        self.configuration = configuration
        self.time = time
        self.logger = logger
        self.metrics = metrics
        // A full write-ahead log, its copy in the file, and a chunk of deletions must fit.
        ballast = Ballast(
            path: file.path + ".ballast", bytes: 2 * Int64(configuration.walBytes) + ResultsFile.chunkBytes)
        pageLimit = file.maxPages
        pageCounts = PageCountPolicy(reserve: Self.reserve(of: file.maxPages, configuration))
    }

    /// Works until the inbox is stopped and empty.
    ///
    /// - Throws: ``JournalError`` when the file turns out to be damaged: going on would make it worse.
    mutating func run() throws {
        do {
            metrics.diskFull.record(0)
            restoreReserve()
            while true {
                let now = time.monotonicNanoseconds()
                switch inbox.nextStep(after: lastCommit, maintenanceDue: maintenanceDue, now: now) {
                case .commit(let items, let news): try commit(items, news)
                case .perform(let job, let news):
                    if !news.isEmpty { try flush(news) }
                    try job.run(&self)
                case .flush(let news): try flush(news)
                case .maintain: try maintain()
                case .sleep(let until): sleep(nanoseconds: until > now ? until - now : 0)
                case .end:
                    try end()
                    return
                }
            }
        } catch {
            let error = JournalError.translating(error, while: "writing \(file.path)")
            inbox.close(error)
            throw error
        }
    }

    private func sleep(nanoseconds: UInt64) {
        var bell = pollfd(fd: inbox.bell.descriptor, events: Int16(POLLIN), revents: 0)
        // Rounded up: waking early would only mean to wait again.
        let milliseconds = min(nanoseconds / 1_000_000 + 1, UInt64(Int32.max))
        if poll(&bell, 1, Int32(milliseconds)) > 0 { inbox.bell.answer() }
    }

    private func end() throws {
        if inbox.hasLostNews() {
            logger.warning("Some delivery states were not written; the next start takes unknown rows for uncertain")
        } else {
            try file.recordCleanEnd()
        }
        file.checkpoint(truncating: true)
    }
}

// MARK: - Commits

extension JournalWriter {
    private mutating func commit(_ items: [JournalInbox.Item], _ news: DeliveryNews) throws {
        let begin = time.monotonicNanoseconds()
        let appends = items.map(\.payload.entries)
        do {
            let bytes = items.reduce(0) { $0 + $1.bytes }
            let (records, refused) = try makingRoom(for: bytes) { try $0.commit(appends, news: news, now: begin) }
            let end = time.monotonicNanoseconds()
            for (item, records) in zip(items, records) {
                item.payload.continuation.resume(returning: .success(records))
            }
            lastCommit = .init(ended: end, appends: items.count)
            metrics.commits.increment()
            metrics.rows.increment(by: records.reduce(0) { $0 + $1.count })
            metrics.commitSeconds.recordNanoseconds(Int64(end - begin))
            metrics.waitingRows.record(inbox.waitingRows())
            countRefused(refused + news.refused)
        } catch {
            let failure = JournalError.translating(error, while: "writing results to \(file.path)")
            metrics.failedCommits.increment()
            logger.error("No commit", metadata: ["error": "\(failure)", "results": "\(appends.joined().count)"])
            for item in items { item.payload.continuation.resume(returning: .failure(failure)) }
            lastCommit = nil
            keep(news)
            if failure.code == .corrupt { throw failure }
            return
        }
        try tidy()
    }

    private mutating func flush(_ news: DeliveryNews) throws {
        do {
            let now = time.monotonicNanoseconds()
            let refused = try makingRoom { try $0.commit([], news: news, now: now).refused }
            countRefused(refused + news.refused)
        } catch {
            let failure = JournalError.translating(error, while: "writing delivery states to \(file.path)")
            logger.error("No delivery states written", metadata: ["error": "\(failure)"])
            if failure.code == .corrupt || inbox.isStopping() {
                inbox.forget(news)
                if failure.code == .corrupt { throw failure }
            } else {
                keep(news)
            }
            return
        }
        try tidy()
    }

    private func keep(_ news: DeliveryNews) {
        let forgotten = inbox.putBack(news, now: time.monotonicNanoseconds())
        if forgotten > 0 {
            logger.error(
                "Delivery states forgotten: too many wait for being written", metadata: ["runs": "\(forgotten)"])
        }
    }

    private func countRefused(_ rows: Int64) {
        if rows > 0 { metrics.refusedStates.increment(by: rows) }
    }
}

// MARK: - Room

extension JournalWriter {
    /// Tries again as long as old results can make room.
    mutating func makingRoom<Value>(for bytes: Int = 0, _ work: (ResultsFile) throws -> Value) throws -> Value {
        // Bodies, and the facts and half-filled pages around them.
        let pages = Int64(bytes + bytes / 4) / ResultsFile.pageSize + 32
        while true {
            do {
                return try work(file)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
                guard try makeRoom(for: pages) else { throw error }
            }
        }
    }

    private mutating func makeRoom(for needed: Int64) throws -> Bool {
        // What can never fit is no reason to remove everything else.
        guard needed <= pageLimit else { return false }
        let pages = try file.pageCount()
        if !isDiskFull, pages + needed < pageLimit {
            // Far from the quota: it is the disk. The file must not grow any more, and lives on what is removed from it.
            isDiskFull = true
            pageLimit = pages
            try file.limitPages(to: pages)
            metrics.diskFull.record(1)
            logger.critical(
                "The disk is full: the journal lives on its reserve and on the room of its oldest results; free disk space",
                metadata: ["file": "\(file.path)"])
            ballast.giveUp()
            hasBallast = false
            file.checkpoint()
            return true
        }
        return try removeChunk() != nil
    }

    private mutating func removeChunk() throws -> ResultsFile.Removal? {
        let removal: ResultsFile.Removal?
        do {
            removal = try file.removeMetricsBodies(olderThan: nil) ?? file.removeChunk()
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            // Deleting writes to the log as well: an empty log has the most room.
            file.checkpoint(truncating: true)
            removal = try file.removeMetricsBodies(olderThan: nil) ?? file.removeChunk()
        }
        if let removal { note(removal) }
        return removal
    }

    mutating func prune(_ request: PruneRequest) throws -> ResultsFile.Removal? {
        let removal = try makingRoom { try $0.removeChunk(request) }
        if let removal { metrics.count(removal) }
        return removal
    }

    private mutating func note(_ removal: ResultsFile.Removal) {
        metrics.count(removal)
        if removal.reason == .quotaUndelivered || removal.reason == .ageUndelivered {
            if unannounced == 0 {
                logger.warning(
                    "Removing results that no listener is known to have",
                    metadata: ["file": "\(file.path)", "reason": "\(removal.reason.rawValue)"])
            }
            unannounced += removal.rows
        }
    }

    /// Between two commits: a little of what must be done, so that none of them waits long.
    private mutating func tidy() throws {
        let isCountDue = pageCounts.isDue(pagesInLog: file.pagesInLog)
        if file.walBytes >= configuration.walBytes / 4 { file.checkpoint() }
        if isCountDue { _ = try keepReserve() }
        pageCounts.begin(pagesInLog: file.pagesInLog)
        if time.monotonicNanoseconds() >= maintenanceDue { try maintain() }
    }

    /// Removes a chunk when less than the reserve is free.
    private mutating func keepReserve() throws -> (usedPages: Int64, hasRemoved: Bool) {
        let pages = try file.usedPages()
        let isComfortable = pages <= pageLimit - Self.reserve(of: pageLimit, configuration)
        pageCounts.counted(isComfortable: isComfortable)
        return (pages, try !isComfortable && removingQuietly { try $0.removeChunk() })
    }

    /// Pages kept free, so that a commit finds room without having to make it.
    private static func reserve(of pageLimit: Int64, _ configuration: JournalConfiguration) -> Int64 {
        max(1, min(2 * Int64(configuration.commitBytes) / ResultsFile.pageSize, pageLimit / 8))
    }

    private mutating func maintain() throws {
        let now = time.monotonicNanoseconds()
        restoreReserve()
        settleHandOffs(at: now)
        if file.walBytes > 0 { file.checkpoint() }
        let oldest = UnixTime(
            milliseconds: time.wall().milliseconds - configuration.retention.wholeMilliseconds)
        forgetOutages(endedBefore: oldest)
        let removedOld = try removingQuietly { writer in
            let removal = try writer.file.removeChunk(olderThan: oldest)
            if let removal { writer.note(removal) }
            return removal
        }
        let oldestMessage = UnixTime(
            milliseconds: time.wall().milliseconds - configuration.metricsMessageRetention.wholeMilliseconds)
        let removedMessages = try removingQuietly { writer in
            let removal = try writer.file.removeMetricsBodies(olderThan: oldestMessage)
            if let removal { writer.note(removal) }
            return removal
        }
        let (pages, removedForRoom) = try keepReserve()
        let isDone = !removedOld && !removedMessages && !removedForRoom
        if isDone, unannounced > 0 {
            logger.warning("Results removed that no listener is known to have", metadata: ["rows": "\(unannounced)"])
            unannounced = 0
        }
        metrics.bytes.record(try file.pageCount() * ResultsFile.pageSize)
        metrics.usedBytes.record(pages * ResultsFile.pageSize)
        metrics.maxBytes.record(file.maxPages * ResultsFile.pageSize)
        metrics.waitingRows.record(inbox.waitingRows())
        // More of the same at once, but only when no commit waits.
        maintenanceDue = isDone ? now &+ Self.maintenanceNanoseconds : now
    }

    private func settleHandOffs(at now: UInt64) {
        do {
            try file.settleHandOffs(now: now)
        } catch {
            // Said again with the next commit or maintenance; until then the rows are in doubt, which harms nobody.
            logger.debug("Settled rows not noted", metadata: ["error": "\(error)"])
        }
    }

    private func forgetOutages(endedBefore time: UnixTime) {
        do {
            try file.transaction { try OutageTable.remove(endedBefore: time, in: $0) }
        } catch {
            logger.debug("Old outages not forgotten", metadata: ["error": "\(error)"])
        }
    }

    /// Removes a chunk; that it cannot be done now is no reason to stop: commits that need the room say so.
    private mutating func removingQuietly(
        _ work: (inout JournalWriter) throws -> ResultsFile.Removal?
    ) throws -> Bool {
        do {
            return try work(&self) != nil
        } catch let error as DatabaseError where !DatabaseFile.meansDamage(error) {
            logger.warning("No old results removed", metadata: ["error": "\(error)"])
            return false
        }
    }

    private mutating func restoreReserve() {
        guard !hasBallast else { return }
        hasBallast = ballast.take()
        guard hasBallast else {
            if !isDiskFull {
                logger.warning(
                    "No room for the journal's reserve: a full disk will stop it",
                    metadata: ["file": "\(ballast.path)", "bytes": "\(ballast.bytes)"])
            }
            return
        }
        guard isDiskFull else { return }
        do {
            try file.limitPages(to: file.maxPages)
            pageLimit = file.maxPages
            isDiskFull = false
            metrics.diskFull.record(0)
            logger.notice("The disk has room again", metadata: ["file": "\(file.path)"])
        } catch {
            logger.warning("The journal's quota was not restored", metadata: ["error": "\(error)"])
        }
    }
}
