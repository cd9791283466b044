import Logging
import Metrics
import RiderBus
import RiderExecution
import RiderJournal
import RiderModel
import Synchronization

/// Publishes committed telemetry in `seq` order on a thread of its own, and says what became of every row.
///
/// The worker hands records over with ``submit(_:)``, which never waits. What cannot be sent now (the link is down, the
/// buffer is full) stays `journaled` and is sent when it can be, in order, once. Reports go to the journal in batches of
/// ranges.
public final class TelemetryPublisher: Sendable {
    /// The wishes of others that the publisher depends on.
    public struct Environment: Sendable {
        /// Rows of the journal from a number on, in order, at most so many.
        public var readJournal: @Sendable (_ from: Int64, _ limit: Int) async throws -> [JournalRecord]
        /// Takes what became of rows, in the order of events. Called on the publisher's thread: it must not block.
        public var deliveries: @Sendable ([DeliveryRange]) -> Void
        /// Takes every change of the link. Called on the publisher's thread: it must not block.
        public var linkChanged: @Sendable (TelemetryLinkChange) -> Void

        /// Takes the topics that somebody begins to listen to by name, and the last row that live messages have dealt with:
        /// up to it rows may be owed. Called on the publisher's thread: it must not block.
        public var subscribersCame: @Sendable (Set<TelemetryTopic>, _ through: Int64) -> Void
        /// The journal's last row before this run.
        public var journaledBefore: Int64

        public init(
            readJournal: @escaping @Sendable (_ from: Int64, _ limit: Int) async throws -> [JournalRecord],
            deliveries: @escaping @Sendable ([DeliveryRange]) -> Void,
            linkChanged: @escaping @Sendable (TelemetryLinkChange) -> Void = { _ in },
            subscribersCame: @escaping @Sendable (Set<TelemetryTopic>, Int64) -> Void = { _, _ in },
            journaledBefore: Int64 = 0
        ) {
            self.subscribersCame = subscribersCame
            self.journaledBefore = journaledBefore
            self.readJournal = readJournal
            self.deliveries = deliveries
            self.linkChanged = linkChanged
        }
    }

    public let configuration: TelemetryConfiguration
    let context: ZeroMQContext
    let environment: Environment
    let logger: Logger
    let metrics: TelemetryMetrics
    let time: TimeSource

    /// How far every topic has been published in this run.
    public let publishedNumbers = PublishedNumbers()

    let replays = ReplaySlot()
    let buffer: TelemetryBuffer
    let doorbell = Doorbell()
    let stopped = StopFlag()
    let linkIsUp = Atomic(false)
    /// Records that the thread has taken and not sent.
    let inHand = Atomic(0)
    let address = Mutex<String?>(nil)

    public init(
        configuration: TelemetryConfiguration, context: ZeroMQContext, environment: Environment, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory, time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.context = context
        self.environment = environment
        self.logger = logger
        metrics = TelemetryMetrics(factory: factory)
        self.time = time
        buffer = TelemetryBuffer(maxRecords: configuration.bufferMessages, maxBytes: configuration.bufferBytes)
    }

    /// Hands committed records over; they must come in the order of their `seq`, from one task at a time. Costs an append
    /// under a lock, and a system call only when the publisher has been idle for a while. Records that were seen before are
    /// passed over.
    public func submit(_ records: [JournalRecord]) {
        if buffer.submit(records) { doorbell.ring() }
    }

    /// Whether messages can be sent now; always true for an address to listen on.
    public var isLinkUp: Bool { linkIsUp.load(ordering: .relaxed) }

    /// Records that wait in memory.
    public var waiting: Int { buffer.count }

    /// Brings `telemetry_unsent_messages` up to date; for a collector, because the thread sleeps while the link is down.
    public func refreshMetrics() {
        metrics.showUnsent(buffer.untaken + inHand.load(ordering: .relaxed))
    }

    /// Where the publisher really listens or connects; nil before ``run()`` has opened the socket.
    public var openAddress: String? { address.withLock { $0 } }

    /// Publishes until the surrounding task is cancelled, then sends what it can within
    /// ``TelemetryConfiguration/stopLingerMilliseconds``, reports the last deliveries and returns. To be called once.
    ///
    /// - Throws: ``ZeroMQError`` when the socket cannot be set up.
    public func run() async throws {
        let (requests, requestSink) = AsyncStream.makeStream(of: TelemetryBuffer.BacklogRequest.self)
        try await withThrowingTaskGroup { group in
            group.addTask { await self.readBacklog(requests) }
            group.addTask {
                defer {
                    requestSink.finish()
                    self.replays.close()
                }
                try await DetachedThread.run(name: "telemetry") {
                    self.stopped.set()
                    self.doorbell.ring()
                } loop: {
                    try TelemetryLoop(of: self, backlog: requestSink).run()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Reads the journal for the thread, which cannot wait for it itself.
    private func readBacklog(_ requests: AsyncStream<TelemetryBuffer.BacklogRequest>) async {
        for await request in requests {
            do {
                buffer.fill(try await environment.readJournal(request.from, request.limit), for: request)
            } catch {
                logger.warning(
                    "telemetry waits: the journal cannot be read; trying again in a second",
                    metadata: ["from_seq": "\(request.from)", "error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
                buffer.backlogFailed()
            }
            doorbell.ring()
        }
    }
}
