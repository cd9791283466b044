import GRDB
import Logging
import Metrics
import RiderExecution
import RiderModel

/// The journal of results: the outbox of telemetry. What `append` has returned survives the process and the power.
///
///     let journal = try await Journal.open(directory: "data", logger: logger)
///     // In the service group, before everything that appends:
///     try await journal.run()
///     // In a worker:
///     let records = try await journal.append(entries)
///     // In the publisher:
///     journal.recordDelivery([DeliveryRange(first: 1, last: 64, state: .handedOff)])
///
/// One process writes a journal at a time; any number read it with a ``JournalReader``. All methods may be called from
/// several tasks at once.
public final class Journal: Sendable {
    public let directory: String
    /// Names this journal in every telemetry message: 32 hexadecimal digits, made with the file.
    public let publisherID: String
    /// What an earlier run left behind.
    public let recovery: JournalRecovery
    /// The last `seq` that an earlier run gave out; 0 in a new journal.
    public let lastSeqAtOpen: Int64
    /// Results of an earlier run of which nobody has noted whether the queue took their acknowledgement, the oldest first.
    public let unacknowledgedAtOpen: [UnacknowledgedResult]
    /// The last number per topic that an earlier run gave out; topics without one are absent.
    public let lastNumbersAtOpen: [TelemetryTopic: Int64]
    /// Reads beside the writer, on a thread of its own.
    public let reader: JournalReader

    private let lock: JournalLock
    private let file: ResultsFile
    let inbox: JournalInbox
    let configuration: JournalConfiguration
    let time: TimeSource
    private let logger: Logger
    private let metrics: JournalMetrics

    /// Opens a journal for writing; makes the folder (mode 0700) and the files (0600) when they are missing.
    ///
    /// A damaged file is renamed and begun anew. Rows that the last run may have sent
    /// without knowing what came of it become `uncertain`.
    ///
    /// - Parameter who: shown to a second process that wants to write the journal, for example `rider worker`.
    /// - Throws: `locked` when another process writes it, `incompatible` when a newer program has written it, `unavailable`
    ///   when the folder cannot be used.
    public static func open(
        directory: String, configuration: JournalConfiguration = JournalConfiguration(), who: String = "rider",
        time: TimeSource = .system, logger: Logger, metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) async throws(JournalError) -> Journal {
        do {
            return try await DetachedThread.run(name: "journal-open", stop: {}) {
                try Journal(
                    directory: directory, configuration: configuration, who: who, time: time, logger: logger,
                    metricsFactory: metricsFactory)
            }
        } catch {
            throw JournalError.translating(error, while: "opening the journal in \(directory)")
        }
    }

    private init(
        directory: String, configuration: JournalConfiguration, who: String, time: TimeSource, logger: Logger,
        metricsFactory: any MetricsFactory
    ) throws(JournalError) {
        try DatabaseFile.makeDirectory(directory)
        lock = try JournalLock(directory: directory, who: who)
        let results = try ResultsFile.open(directory: directory, configuration: configuration, now: time.wall())

        var recovery = results.file.recovery
        if let path = results.setAside {
            recovery.setAside.append(path)
            logger.critical(
                """
                The journal was damaged and has been set aside; a new one begins. Save what can be read of it with \
                `rider journal salvage FILE`, and take it in with `rider journal import`
                """, metadata: ["file": "\(path)"])
        }
        if recovery.uncertainRows > 0 {
            logger.notice(
                "Results of an earlier run may or may not have arrived",
                metadata: ["rows": "\(recovery.uncertainRows)", "clean_end": "\(!recovery.endedUncleanly)"])
        }
        self.directory = directory
        self.recovery = recovery
        self.configuration = configuration
        self.time = time
        self.logger = logger
        file = results.file
        publisherID = results.file.publisherID
        lastSeqAtOpen = results.file.lastSeq
        unacknowledgedAtOpen = results.file.unacknowledged
        let numbers = results.file.topicNumbers
        lastNumbersAtOpen = Dictionary(
            uniqueKeysWithValues: TelemetryTopic.allCases.map { ($0, numbers[$0.rawValue]) }.filter { $0.1 > 0 })
        reader = JournalReader(directory: directory)
        inbox = JournalInbox(configuration)
        metrics = JournalMetrics(factory: metricsFactory)
    }

    /// Writes what is appended and reported, removes what is too old or too much, and looks after the files, until the task
    /// is cancelled. Then everything that waits is written, the files are closed and the lock is given back. Call it once.
    ///
    /// - Throws: ``JournalError`` when the results file turns out to be damaged; the next `open` sets it aside.
    public func run() async throws {
        let writer = JournalWriter(
            file: file, inbox: inbox, configuration: configuration, time: time, logger: logger, metrics: metrics)
        try await DetachedThread.run(name: "journal", stop: { [inbox] in inbox.stop() }) { [self] in
            defer { close() }
            var writer = writer
            try writer.run()
        }
    }

    private func close() {
        do {
            try file.queue.close()
        } catch {
            logger.warning("The journal was not closed", metadata: ["file": "\(file.path)", "error": "\(error)"])
        }
        lock.release()
    }

    /// Commits results, together with what others append at the same time. Waits for ``run()``; while more waits than the
    /// configuration allows, first for room.
    ///
    /// - Returns: the committed records, in the order of the entries. Numbers are consecutive within one call.
    /// - Throws: `tooLarge`, `storageFull`, `unavailable`, `corrupt`, `closed`, or `cancelled` when the task was cancelled
    ///   while it waited for room. In each case nothing of this call is in the journal.
    public func append(_ entries: [JournalEntry]) async throws(JournalError) -> [JournalRecord] {
        if entries.isEmpty { return [] }
        var bytes = 0
        for entry in entries {
            guard entry.body.count <= configuration.maxBodyBytes else {
                throw JournalError(
                    .tooLarge,
                    "the result of \(entry.taskID) has \(entry.body.count) bytes, more than journal.max_body_bytes "
                        + "(\(configuration.maxBodyBytes)); leave binary fields out or raise the limit")
            }
            bytes += entry.body.count
        }
        return try await inbox.append(entries, bytes: bytes, arrival: time.monotonicNanoseconds()).get()
    }

    /// Notes what became of runs of rows. Returns at once; written with the next commit, or after the flush interval.
    /// States that would erase what is known are refused and counted.
    public func recordDelivery(_ ranges: [DeliveryRange]) {
        var news = DeliveryNews()
        for range in ranges { news.ledger.record(range) }
        report(news)
    }

    /// Notes that the queue has answered for every row up to `seq`: those named are superseded, since another claim of their tasks
    /// counts, and the others count. Returns at once; both are written together.
    public func recordAcknowledged(upTo seq: Int64, superseded: [Int64]) {
        var news = DeliveryNews()
        news.superseded = superseded
        news.acknowledgedUpTo = seq
        report(news)
    }

    func report(_ news: DeliveryNews) {
        let forgotten = inbox.report(news, now: time.monotonicNanoseconds())
        if forgotten > 0 {
            logger.error(
                "Delivery states forgotten: too many wait for being written", metadata: ["runs": "\(forgotten)"])
        }
    }

    /// Reads committed records again, for example those that did not fit in a buffer. Superseded ones are left out.
    ///
    /// - Parameters:
    ///   - seq: the first number wanted.
    ///   - limit: records at most.
    ///   - maxBytes: stops after the record that reaches this many bytes of bodies. Default 4 MiB.
    public func rows(from seq: Int64, limit: Int, maxBytes: Int = 4 << 20) async throws(JournalError) -> [JournalRecord]
    {
        // Asked before the file, so that a mark is found in one of the two.
        let unwritten = inbox.unwrittenSuperseded()
        var records: [JournalRecord] = []
        var next = seq
        // Marks that are not written are few, and for a moment only.
        while records.isEmpty {
            let read = try await reader.rows(from: next, limit: limit, maxBytes: maxBytes)
            guard let last = read.last else { break }
            next = last.seq + 1
            records = read.filter { !unwritten.contains($0.seq) }
        }
        return records
    }

    /// A page of a topic's history, as ``JournalReader/page(of:numbers:limit:maxBytes:)`` reads it; marks of superseded rows
    /// that are still to be written count as well.
    ///
    /// - Parameter reader: a reader of this journal, so that others do not wait for it.
    public func page(
        of topic: TelemetryTopic, numbers: ClosedRange<Int64>, limit: Int, maxBytes: Int, with reader: JournalReader
    ) async throws(JournalError) -> TopicPage {
        // Asked before the file, so that a mark is found in one of the two.
        let unwritten = inbox.unwrittenSuperseded()
        var page = try await reader.page(of: topic, numbers: numbers, limit: limit, maxBytes: maxBytes)
        let superseded = page.records.filter { unwritten.contains($0.seq) }.map(\.topicSeq)
        if !superseded.isEmpty {
            page.records.removeAll { unwritten.contains($0.seq) }
            page.superseded = (page.superseded + superseded).sorted()
        }
        return page
    }
}
