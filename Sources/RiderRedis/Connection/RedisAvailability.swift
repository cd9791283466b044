import CoreMetrics
import Logging
import Metrics
import RiderModel
import Synchronization

/// Whether Redis can be reached, as all connections of one queue see it: after a failure they fail at once until the next try is
/// due, and one of them tries.
///
/// It tells of changes only at debug level: those who work with the queue say once that it is away, and why.
final class RedisAvailability: Sendable {
    private struct State {
        var policy = ReconnectPolicy()
        var error: RedisError?
        var downSince: UInt64 = 0
        var isTrying = false
        /// Redis has answered once.
        var isKnown = false
    }

    private let state = Mutex(State())
    private let address: String
    private let time: TimeSource
    private let randomness: @Sendable () -> Double
    private let logger: Logger
    /// 1 while Redis answers, 0 while it does not.
    private let gauge: Gauge

    init(
        address: String, time: TimeSource, randomness: @escaping @Sendable () -> Double, logger: Logger,
        metrics: any MetricsFactory
    ) {
        self.address = address
        self.time = time
        self.randomness = randomness
        self.logger = logger
        gauge = Gauge(label: "task_queue_redis_up", factory: metrics)
    }

    /// Connects, unless that failed a moment ago: then the same error is thrown at once.
    func opening(_ connect: () throws(RedisError) -> RedisSession) throws(RedisError) -> RedisSession {
        let now = time.monotonicNanoseconds()
        let recent = state.withLock { state -> RedisError? in
            guard let error = state.error else { return nil }
            if state.isTrying || !state.policy.mayTry(now: now) { return error }
            state.isTrying = true
            return nil
        }
        if var recent {
            recent.unanswered = nil
            throw recent
        }
        do throws(RedisError) {
            let session = try connect()
            answered()
            return session
        } catch {
            failed(error)
            throw error
        }
    }

    /// To be told of every connection that ends with an error.
    func failed(_ error: RedisError) {
        let now = time.monotonicNanoseconds()
        let fraction = randomness()
        let isChange = state.withLock { state in
            let isChange = state.error == nil
            if isChange { state.downSince = now }
            // Those who fail because others did, a moment ago, do not prolong the pause.
            if isChange || state.isTrying { state.policy.failed(now: now, fraction: fraction) }
            state.error = error
            state.isTrying = false
            return isChange
        }
        guard isChange else { return }
        gauge.record(0)
        logger.debug("Redis is away", metadata: ["redis": "\(address)", "error": "\(error)"])
    }

    /// To be told of answers; costs next to nothing while all is well.
    func answered() {
        let (isChange, downSince) = state.withLock { state -> (Bool, UInt64?) in
            defer {
                state.error = nil
                state.isTrying = false
                state.isKnown = true
                state.policy.succeeded()
            }
            return (state.error != nil || !state.isKnown, state.error.map { _ in state.downSince })
        }
        guard isChange else { return }
        gauge.record(1)
        if let downSince {
            let downFor = Duration.nanoseconds(Int64(time.monotonicNanoseconds() - downSince))
            logger.debug("Redis is back", metadata: ["redis": "\(address)", "away": "\(downFor)"])
        }
    }

    /// How long to wait until the next try to connect; zero when Redis is there.
    var pause: Duration {
        let now = time.monotonicNanoseconds()
        return state.withLock { state in
            state.error == nil || state.policy.mayTry(now: now)
                ? .zero : .nanoseconds(Int64(state.policy.nextTry - now))
        }
    }
}
