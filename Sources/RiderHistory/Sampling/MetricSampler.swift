import Logging
import Metrics
import RiderMetrics
import RiderModel

/// Samples every metric of the process in rounds, keeps them, and tells of what changed.
///
///     let sampler = MetricSampler(
///         directory: "data", configuration: configuration, registry: registry, publisher: publisher, logger: logger)
///     try await sampler.run()
///
/// Rounds come at multiples of the interval by the wall clock. A round that could not be written is not told either.
public struct MetricSampler: Sendable {
    /// Sends what changed in a round.
    public struct Publisher: Sendable {
        /// What became of a message.
        public enum Outcome: String, Sendable, Hashable, CaseIterable {
            case journaled
            /// Not taken now: earlier ones are not through yet. What it told is told again.
            case heldBack = "held_back"
            /// The journal took no row. What it told is told again.
            case failed
        }

        /// Bytes of a body at most.
        public var maxBytes: Int
        public var publish: @Sendable (_ body: [UInt8], _ at: UnixTime) async -> Outcome

        public init(
            maxBytes: Int, publish: @escaping @Sendable (_ body: [UInt8], _ at: UnixTime) async -> Outcome
        ) {
            self.maxBytes = maxBytes
            self.publish = publish
        }
    }

    private let store: SampleStore
    private let interval: Duration
    private let registry: PrometheusRegistry
    private let publisher: Publisher?
    private let time: TimeSource

    /// - Parameters:
    ///   - directory: where the journal is; its lock must be held.
    ///   - publisher: nil when nobody is to be told.
    public init(
        directory: String, configuration: HistoryConfiguration = HistoryConfiguration(), registry: PrometheusRegistry,
        publisher: Publisher? = nil, time: TimeSource = .system, logger: Logger
    ) {
        store = SampleStore(
            directory: directory, configuration: configuration, time: time, logger: logger, factory: registry)
        interval = configuration.sampleInterval
        self.registry = registry
        self.publisher = publisher
        self.time = time
    }

    /// Samples until the task is cancelled; a last round has the final values. Troubles with the file or the journal are
    /// logged and counted, and never end it.
    public func run() async {
        var message = publisher.map { MetricsMessage(maxBytes: $0.maxBytes) }
        while !Task.isCancelled {
            // Cancelled: the last round comes at once.
            try? await Task.sleep(for: untilNextRound())
            await registry.refresh()
            await sample(&message)
            _ = await store.maintain()
        }
        await store.close()
    }

    private func untilNextRound() -> Duration {
        let length = max(1, interval.wholeMilliseconds)
        let now = time.wall().milliseconds
        let rest = length - (now - now.floored(to: length))
        // The clocks differ a little: a sleep that ended early must not make two rounds of one.
        return .milliseconds(rest < length / 10 ? rest + length : rest)
    }

    private func sample(_ message: inout MetricsMessage?) async {
        guard let round = await store.record(registry.snapshot(), at: time.wall()), let publisher,
            let body = message?.body(of: round)
        else { return }
        let outcome = await publisher.publish(body, round.at)
        store.metrics.count(outcome)
        if outcome != .journaled { message?.tellAgain() }
    }
}
