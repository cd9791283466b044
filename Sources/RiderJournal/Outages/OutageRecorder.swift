import Logging
import Metrics
import RiderModel

/// Writes outages down while a worker runs: what the publisher tells of its link goes in, rows in the journal, gauges and
/// log lines come out.
public final class OutageRecorder: Sendable {
    private enum Event: Sendable {
        case signal(OutageStateMachine.Signal)
        case startHasPassed
        case life
    }

    private let journal: Journal
    private let grace: Duration
    private let lifeInterval: Duration
    private let clock: any Clock<Duration>
    private let time: TimeSource
    private let logger: Logger
    private let metrics: OutageMetrics
    private let events: AsyncStream<Event>
    private let sink: AsyncStream<Event>.Continuation

    /// - Parameters:
    ///   - grace: a link that is not up after this is an outage; until then it is being built. Default 2 s.
    ///   - lifeInterval: how exactly the next worker knows when this one was killed while it was idle. Default 15 s.
    public init(
        journal: Journal, grace: Duration = .seconds(2), lifeInterval: Duration = .seconds(15),
        clock: any Clock<Duration> = ContinuousClock(), time: TimeSource = .system, logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.journal = journal
        self.grace = grace
        self.lifeInterval = lifeInterval
        self.clock = clock
        self.time = time
        self.logger = logger
        metrics = OutageMetrics(factory: metricsFactory)
        // A signal says all there is to know, so of many that nobody could write the newest are enough.
        (events, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1_024))
    }

    /// Takes what is known of the link; to be called whenever it changes. Returns at once.
    public func note(_ signal: OutageStateMachine.Signal) {
        sink.yield(.signal(signal))
    }

    /// Records until the task is cancelled; then ends what lasts and notes that the worker ended in good order. To be called
    /// once, beside ``Journal/run()``, which must outlive it.
    public func run() async {
        await recordAbsence()
        var machine = OutageStateMachine(lastSeq: journal.lastSeqAtOpen)
        var open: Outage.ID?
        await withTaskGroup { group in
            group.addTask { await self.tick() }
            for await event in events {
                switch event {
                case .signal(let signal): await carryOut(machine.take(signal), &machine, &open)
                case .startHasPassed: await carryOut(machine.startHasPassed(), &machine, &open)
                case .life: await trying("noting that the worker lives") { try await self.journal.noteWorkerLife() }
                }
            }
            group.cancelAll()
        }
        await carryOut(machine.stop(at: time.wall()), &machine, &open)
        await trying("noting the worker's end") { try await self.journal.noteWorkerLife(isEnding: true) }
    }

    private func tick() async {
        do {
            try await clock.sleep(for: grace)
            sink.yield(.startHasPassed)
            while true {
                try await clock.sleep(for: lifeInterval)
                sink.yield(.life)
            }
        } catch {
            // Cancelled: nothing more is to be said.
        }
    }

    private func recordAbsence() async {
        await trying("noting the worker's start") {
            guard let absence = try await self.journal.recordAbsence() else { return }
            self.metrics.count(absence.cause)
            self.logger.notice("telemetry outage: no worker ran", metadata: self.metadata(absence))
        }
    }

    private func carryOut(
        _ actions: [OutageStateMachine.Action], _ machine: inout OutageStateMachine, _ open: inout Outage.ID?
    ) async {
        for action in actions {
            switch action {
            case .begin(let beginning):
                metrics.began(beginning.cause)
                logger.log(
                    level: beginning.cause == .noSubscriber ? .notice : .warning, "telemetry outage began",
                    metadata: [
                        "cause": "\(beginning.cause.rawValue)", "since": "\(HumanText.time(beginning.begunAt))",
                        "after_seq": "\(beginning.afterSeq)",
                    ])
                open = await trying("beginning an outage") { try await self.journal.beginOutage(beginning) }
            case .rename(let cause):
                metrics.ended()
                metrics.began(cause)
                logger.warning("telemetry outage has another cause", metadata: ["cause": "\(cause.rawValue)"])
                if let id = open {
                    await trying("renaming an outage") { try await self.journal.renameOutage(id, cause) }
                }
            case .end(let time):
                metrics.ended()
                guard let id = open else { continue }
                open = nil
                let ended = await trying("ending an outage") { try await self.journal.endOutage(id, at: time) }
                guard let ended else { continue }
                machine.ended(through: ended.throughSeq)
                logger.notice("telemetry outage ended", metadata: metadata(ended))
            }
        }
    }

    private func metadata(_ outage: Outage) -> Logger.Metadata {
        let lasted = (outage.endedAt ?? outage.begunAt) - outage.begunAt
        return [
            "cause": "\(outage.cause.rawValue)", "lasted": "\(HumanText.duration(lasted))", "rows": "\(outage.rows)",
        ]
    }

    /// An outage that cannot be written down is still told, and must not stop the work.
    @discardableResult
    private func trying<Value: Sendable>(
        _ action: String, _ work: @Sendable () async throws -> Value
    ) async -> Value? {
        do {
            return try await work()
        } catch {
            logger.warning("an outage was not written down", metadata: ["while": "\(action)", "error": "\(error)"])
            return nil
        }
    }
}
