import Logging
import Metrics
import RiderBus
import RiderExecution
import RiderJournal
import RiderModel
import Synchronization

/// Gives listeners the telemetry they missed, from the journal, and takes down what they have. It runs beside the publisher
/// on a thread of its own; a listener that asks for much delays neither the worker nor other listeners.
///
/// # The protocol, version 1
///
/// The worker binds a ROUTER, a listener connects a DEALER. A request is one frame with one JSON object; an answer is one
/// frame with one JSON object, and for `history` one more frame per message. Every object has `"v":1` and a `"type"`. Who
/// does not know a member passes over it. Requests have 64 KiB and 64 ranges at most.
///
/// A listener follows the bus as before and counts `tseq` per topic. What it skips, it asks for here.
///
/// **Listener to worker**
///
/// ```json
/// {"v":1,"type":"hello","listener":"robot-1","topics":{"telemetry.text":{"pub":"5f1c…","tseq":41}}}
/// {"v":1,"type":"get","id":7,"pub":"5f1c…","ranges":[{"topic":"telemetry.text","first":42,"last":57}]}
/// {"v":1,"type":"credit","id":7,"bytes":262144}
/// {"v":1,"type":"ack","pub":"5f1c…","ranges":[{"topic":"telemetry.text","first":1,"last":57}]}
/// ```
///
/// - `hello` says what the listener has, everything up to `tseq`, and asks for `state`. Repeated every second or so it finds
///   what was lost at the end, behind which nothing came. A listener that is silent for a minute is forgotten.
/// - `get` asks for numbers. One `get` per listener is open at a time: a new one takes the place of the last.
/// - `credit` says how many bytes of the answers to this `get` have been read so far, all frames counted. While `window`
///   bytes are on their way, nothing more is sent.
/// - `ack` says what the listener has for certain: it is on its disk, or done with. It is cumulative: what `acked` has not
///   yet answered is said again, grown by what came meanwhile. Numbers that are `gone` do not belong into it.
///
/// **Worker to listener**
///
/// ```json
/// {"v":1,"type":"state","pub":"5f1c…","topics":{"telemetry.text":57},"window":1048576}
/// {"v":1,"type":"history","id":7,"topic":"telemetry.text","first":42,"last":50}   and 9 frames, one message each
/// {"v":1,"type":"gone","id":7,"topic":"telemetry.text","first":51,"last":57,"reason":"removed"}
/// {"v":1,"type":"end","id":7}
/// {"v":1,"type":"acked","pub":"5f1c…","ranges":[{"topic":"telemetry.text","first":1,"last":57}]}
/// {"v":1,"type":"refused","id":7,"reason":"bad_range","message":"…"}
/// ```
///
/// - `state`: whose journal this is, and the last number per topic that was sent so far. What a listener does not have of
///   these it has missed. Another `pub` than before means another journal: its numbers begin at 1.
/// - `history`: the messages as they were published, with a replay mark in `_rider`: `"replay":true`, `replayed_at`, `age_ms`.
/// - `gone`: these numbers will not come. `removed`: retention or the quota took them; `superseded`: the result did not count
///   and was never published; `unsendable`: too large, never published; `unknown_publisher`: this worker has another
///   journal. `never_sent` alone is no loss: the numbers lie beyond what was sent so far and may still come.
/// - `end`: everything about the `get` has been said.
/// - `acked`: these rows of the journal are `robot_acked` now. Nothing beyond what was sent is ever taken.
/// - `refused`: the request was not understood, or cannot be served now; the reason says which.
public final class RecoveryServer: Sendable {
    /// The wishes of others that the server depends on.
    public struct Environment: Sendable {
        /// The last number per topic that was sent so far, in this run and in earlier ones. Called on the server's thread for
        /// every request: it must not block.
        public var published: @Sendable () -> [TelemetryTopic: Int64]
        /// A page of a topic's history, as ``JournalReader/page(of:numbers:limit:maxBytes:)`` reads it.
        public var page:
            @Sendable (_ of: TelemetryTopic, _ numbers: ClosedRange<Int64>, _ limit: Int, _ maxBytes: Int) async throws
                -> TopicPage
        /// The rows behind numbers, as ``JournalReader/rows(of:numbers:)`` finds them.
        public var rows: @Sendable (_ of: TelemetryTopic, _ numbers: ClosedRange<Int64>) async throws -> TopicRows
        /// Takes what listeners have. Called on the server's thread: it must not block.
        public var deliveries: @Sendable ([DeliveryRange]) -> Void

        public init(
            published: @escaping @Sendable () -> [TelemetryTopic: Int64],
            page:
                @escaping @Sendable (TelemetryTopic, ClosedRange<Int64>, _ limit: Int, _ maxBytes: Int) async throws
                -> TopicPage,
            rows: @escaping @Sendable (TelemetryTopic, ClosedRange<Int64>) async throws -> TopicRows,
            deliveries: @escaping @Sendable ([DeliveryRange]) -> Void
        ) {
            self.published = published
            self.page = page
            self.rows = rows
            self.deliveries = deliveries
        }
    }

    let configuration: RecoveryConfiguration
    let context: ZeroMQContext
    let environment: Environment
    let logger: Logger
    let metrics: RecoveryMetrics
    let time: TimeSource

    let doorbell = Doorbell()
    let stopped = StopFlag()
    /// What was read for the thread and not yet taken by it.
    let finishedRead = Mutex<FinishedRead?>(nil)
    private let address = Mutex<String?>(nil)

    enum FinishedRead: Sendable {
        case page(TopicPage)
        case rows(TopicRows)
        case failed
    }

    public init(
        configuration: RecoveryConfiguration, context: ZeroMQContext, environment: Environment, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory, time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.context = context
        self.environment = environment
        self.logger = logger
        metrics = RecoveryMetrics(factory: factory)
        self.time = time
    }

    /// Where the server really listens; nil before ``run()`` has opened the socket.
    public var openAddress: String? { address.withLock { $0 } }

    /// Serves until the surrounding task is cancelled. To be called once.
    ///
    /// - Throws: ``ZeroMQError`` when the socket cannot be set up.
    public func run() async throws {
        let (reads, readSink) = AsyncStream.makeStream(of: RecoveryStateMachine.Read.self)
        try await withThrowingTaskGroup { group in
            group.addTask { await self.read(reads) }
            group.addTask {
                defer { readSink.finish() }
                try await DetachedThread.run(name: "recovery") {
                    self.stopped.set()
                    self.doorbell.ring()
                } loop: {
                    let loop = try RecoveryLoop(of: self) { readSink.yield($0) }
                    self.address.withLock { $0 = loop.address }
                    try loop.run()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Reads the journal for the thread, which cannot wait for it itself.
    private func read(_ reads: AsyncStream<RecoveryStateMachine.Read>) async {
        for await read in reads {
            let finished: FinishedRead
            do {
                switch read {
                case .page(_, let range, let limit, let maxBytes):
                    finished = .page(try await environment.page(range.topic, range.numbers, limit, maxBytes))
                case .rows(_, let range):
                    finished = .rows(try await environment.rows(range.topic, range.numbers))
                }
            } catch {
                logger.warning(
                    "a listener's request was not served: the journal cannot be read", metadata: ["error": "\(error)"])
                finished = .failed
            }
            finishedRead.withLock { $0 = finished }
            doorbell.ring()
        }
    }
}
