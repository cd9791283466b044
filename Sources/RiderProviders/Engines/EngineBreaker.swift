import Logging
import Metrics
import RiderModel
import Synchronization

/// The circuit breaker of one engine, with what metrics and the log tell of it.
final class EngineBreaker: Sendable {
    private let breaker: Mutex<CircuitBreaker>
    private let state: Gauge
    private let retryTime: Gauge
    private let failures: Counter
    private let changes: EngineChanges
    private let time: TimeSource
    private let logger: Logger

    init(
        _ configuration: CircuitBreaker.Configuration, provider: String, engine: String,
        environment: DomainProvider.Environment
    ) {
        breaker = Mutex(CircuitBreaker(configuration))
        changes = environment.changes
        time = environment.time
        var logger = environment.logger
        logger[metadataKey: "provider"] = "\(provider)"
        logger[metadataKey: "engine"] = "\(engine)"
        self.logger = logger
        let dimensions = [("provider", provider), ("engine", engine)]
        state = Gauge(label: "circuit_breaker_state", dimensions: dimensions, factory: environment.metrics)
        retryTime = Gauge(
            label: "circuit_breaker_retry_timestamp_seconds", dimensions: dimensions, factory: environment.metrics)
        failures = Counter(
            label: "circuit_breaker_failures_total", dimensions: dimensions, factory: environment.metrics)
        state.record(CircuitBreaker.State.closed.rawValue)
        retryTime.record(0)
    }

    var currentState: CircuitBreaker.State { breaker.withLock(\.state) }

    /// How long it will refuse from now on; nil when it would not.
    var timeUntilRetry: Duration? { breaker.withLock { $0.timeUntilRetry(at: time.monotonicNanoseconds()) } }

    /// - Returns: nil when the engine must not be called.
    func permit() -> CircuitBreaker.Pass? {
        breaker.withLock { breaker in
            let before = breaker.state
            let pass = breaker.permit(at: time.monotonicNanoseconds())
            show(breaker, before: before)
            return pass
        }
    }

    func record(_ outcome: CircuitBreaker.Outcome, for pass: CircuitBreaker.Pass) {
        if outcome == .failure { failures.increment() }
        breaker.withLock { breaker in
            let before = breaker.state
            breaker.record(outcome, for: pass, at: time.monotonicNanoseconds())
            show(breaker, before: before)
        }
    }

    private func show(_ breaker: CircuitBreaker, before: CircuitBreaker.State) {
        guard breaker.state != before else { return }
        defer { changes.ring() }
        state.record(breaker.state.rawValue)
        let wait = breaker.timeUntilRetry(at: time.monotonicNanoseconds())
        retryTime.record(wait.map { time.wall().seconds + $0.inSeconds } ?? 0)
        switch breaker.state {
        case .open:
            logger.warning(
                "circuit breaker open: the engine is left alone",
                metadata: ["retry_in_seconds": "\(wait?.inSeconds.formatted(decimals: 1) ?? "?")"])
        case .halfOpen: logger.info("circuit breaker half-open: trying again")
        case .closed: logger.notice("circuit breaker closed")
        }
    }
}
