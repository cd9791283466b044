import Logging
import Metrics
import RiderModel
import Synchronization

/// The provider of one domain: engines, one circuit breaker, a deadline, and the rule that nothing is invented.
///
/// Make one with ``voice(_:breaker:environment:)``, ``vision(_:breaker:environment:)`` or
/// ``text(_:breaker:environment:)``.
public final class DomainProvider: Provider {
    /// What all providers share.
    public struct Environment: Sendable {
        public var logger: Logger
        public var metrics: any MetricsFactory
        public var time: TimeSource

        public init(
            logger: Logger = Logger(label: "rider.providers"), metrics: any MetricsFactory = MetricsSystem.factory,
            time: TimeSource = .system
        ) {
            self.logger = logger
            self.metrics = metrics
            self.time = time
        }
    }

    static let breakerRefusal = "Circuit breaker open, use local processing"
    static let notInitialized = "Provider not initialized"

    public let domain: Domain
    public let name: String
    public let maxConcurrentTasks: Int

    private let isEnabled: Bool
    private let timeout: Duration
    private let engineList: [any Engine]
    private let breaker: Mutex<CircuitBreaker>
    private let breakerState: Gauge
    private let breakerFailures: Counter
    private let initialized: Gauge
    private let isInitialized = Atomic(false)
    private let time: TimeSource
    private let logger: Logger

    /// - Parameters:
    ///   - isEnabled: false answers every task with `Provider not initialized` and asks for a fallback.
    ///   - timeout: a task that takes longer is ended and fails.
    init(
        _ domain: Domain, isEnabled: Bool, maxConcurrentTasks: Int, timeout: Duration, engines: [any Engine],
        breaker: CircuitBreaker.Configuration, environment: Environment
    ) {
        self.domain = domain
        name =
            switch domain {
            case .voice: "VoiceProvider"
            case .vision: "VisionProvider"
            case .text: "TextProvider"
            }
        self.isEnabled = isEnabled
        self.maxConcurrentTasks = max(1, maxConcurrentTasks)
        self.timeout = timeout
        engineList = engines
        self.breaker = Mutex(CircuitBreaker(breaker))
        time = environment.time
        var logger = environment.logger
        logger[metadataKey: "provider"] = "\(name)"
        self.logger = logger

        let dimensions = [("provider", name)]
        breakerState = Gauge(label: "circuit_breaker_state", dimensions: dimensions, factory: environment.metrics)
        breakerFailures = Counter(
            label: "circuit_breaker_failures_total", dimensions: dimensions, factory: environment.metrics)
        initialized = Gauge(label: "provider_initialized", dimensions: dimensions, factory: environment.metrics)
        breakerState.record(CircuitBreaker.State.closed.rawValue)
        initialized.record(0)
    }

    public func engines() async -> [EngineStatus] {
        guard isEnabled else {
            return engineList.map {
                EngineStatus(
                    taskType: $0.taskType, engine: $0.name, available: false,
                    detail: "switched off: set enabled = true under [\(domain.rawValue)]")
            }
        }
        var statuses: [EngineStatus] = []
        for engine in engineList { statuses.append(await engine.status()) }
        showInitialized(statuses.contains(where: \.available))
        return statuses
    }

    public func run() async throws {
        guard isEnabled else { return }
        for (engine, status) in zip(engineList, await engines()) where !engine.reportsItself && !status.available {
            logger.warning(
                "no engine for \(status.taskType.rawValue): \(status.detail)",
                metadata: ["engine": "\(status.engine)"])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for engine in engineList {
                group.addTask { try await engine.run() }
            }
            try await group.waitForAll()
        }
    }

    public func process(_ task: ClaimedTask) async throws -> TaskResult {
        let type = task.envelope.type
        guard isEnabled else { return .failed(Self.notInitialized, fallbackRequired: true) }
        guard let engine = engineList.first(where: { $0.taskType == type }) else {
            return .failed("Unsupported task type: \(type.rawValue)")
        }
        let start = time.monotonicNanoseconds()
        if engine.isBuiltIn {
            let result: TaskResult
            do {
                result = try await engine.perform(task)
            } catch let error as EngineError {
                result = self.result(of: error, engine: engine)
            }
            return taking(since: start, result)
        }
        guard let pass = permit(at: start) else {
            return .failed(Self.breakerRefusal, fallbackRequired: true)
        }
        do {
            let result = try await withDeadline(timeout) { try await engine.perform(task) }
            record(.success, for: pass)
            showInitialized(true)
            return taking(since: start, result)
        } catch let error as EngineError {
            if case .failed = error { record(.failure, for: pass) } else { record(.inconclusive, for: pass) }
            return taking(since: start, result(of: error, engine: engine))
        } catch is DeadlineExceeded {
            record(.failure, for: pass)
            let seconds = timeout.inSeconds.formatted(decimals: 1)
            let error = EngineError.failed("\(type.rawValue) took longer than \(seconds) s and was ended")
            return taking(since: start, result(of: error, engine: engine))
        } catch {
            record(.inconclusive, for: pass)
            throw error
        }
    }

    // MARK: - Breaker

    private func permit(at now: UInt64) -> CircuitBreaker.Pass? {
        breaker.withLock { breaker in
            let before = breaker.state
            let pass = breaker.permit(at: now)
            showState(of: breaker, before: before)
            return pass
        }
    }

    private func record(_ outcome: CircuitBreaker.Outcome, for pass: CircuitBreaker.Pass) {
        if outcome == .failure { breakerFailures.increment() }
        let now = time.monotonicNanoseconds()
        breaker.withLock { breaker in
            let before = breaker.state
            breaker.record(outcome, for: pass, at: now)
            showState(of: breaker, before: before)
        }
    }

    private func showState(of breaker: CircuitBreaker, before: CircuitBreaker.State) {
        let state = breaker.state
        guard state != before else { return }
        breakerState.record(state.rawValue)
        switch state {
        case .open: logger.warning("circuit breaker open: the robot is asked to work locally")
        case .halfOpen: logger.info("circuit breaker half-open: trying again")
        case .closed: logger.notice("circuit breaker closed")
        }
    }

    /// An engine that needs time to start is noticed by its first result at the latest.
    private func showInitialized(_ isTrue: Bool) {
        if isInitialized.exchange(isTrue, ordering: .relaxed) != isTrue { initialized.record(isTrue ? 1 : 0) }
    }

    // MARK: - Results

    private func result(of error: EngineError, engine: any Engine) -> TaskResult {
        switch error {
        case .payload(let text): .failed(text)
        case .absent(let text): .failed(text, fallbackRequired: true)
        case .failed(let text):
            .failed(text, fallbackRequired: true, meta: [.init("engine", .string(engine.name))])
        }
    }

    private func taking(since start: UInt64, _ result: TaskResult) -> TaskResult {
        let nanoseconds = time.monotonicNanoseconds() &- start
        // Microseconds are as exact as anybody can use and keep the JSON short.
        return result.taking(milliseconds: Double(nanoseconds / 1000) / 1000)
    }
}

extension Double {
    /// The number for a sentence: rounded, without a trailing `.0`.
    func formatted(decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (self * scale).rounded() / scale
        return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? String(Int64(rounded)) : String(rounded)
    }
}
