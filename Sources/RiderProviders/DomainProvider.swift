import Logging
import Metrics
import RiderModel
import Synchronization

/// The provider of one domain: for each task type a list of engines with a circuit breaker each, a deadline, and the rule
/// that nothing is invented.
///
/// Make one with ``voice(_:breaker:environment:)``, ``vision(_:breaker:environment:)`` or
/// ``text(_:breaker:environment:)``.
public final class DomainProvider: Provider {
    /// What all providers share.
    public struct Environment: Sendable {
        public var logger: Logger
        public var metrics: any MetricsFactory
        public var time: TimeSource
        /// A private folder, made with mode 0700 when it is needed: the program's own engine scripts and files with the input
        /// of programs. Below `data_dir`; not a key of its own.
        public var engineFolder: String
        /// Gets the parts of a long speech as they are made, in order; nil when nobody listens. It returns at once.
        public var onSpeech: (@Sendable (ClaimedTask, SpeechChunk) -> Void)?
        /// Of one provider: each gets its own.
        private(set) var changes = EngineChanges()

        public init(
            logger: Logger = Logger(label: "rider.providers"), metrics: any MetricsFactory = MetricsSystem.factory,
            time: TimeSource = .system, engineFolder: String = "data/engines",
            onSpeech: (@Sendable (ClaimedTask, SpeechChunk) -> Void)? = nil
        ) {
            self.logger = logger
            self.metrics = metrics
            self.time = time
            self.engineFolder = engineFolder
            self.onSpeech = onSpeech
        }

        /// The same for one provider.
        var forOneProvider: Environment {
            var environment = self
            environment.changes = EngineChanges()
            return environment
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
    private let changes: EngineChanges
    private let choices: [TaskType: EngineChoice]
    private let breakers: [String: EngineBreaker]
    private let initialized: Gauge
    private let isInitialized = Atomic(false)
    private let time: TimeSource
    private let logger: Logger

    /// - Parameters:
    ///   - isEnabled: false answers every task with `Provider not initialized` and asks for a fallback.
    ///   - timeout: a task that takes longer is ended and fails; all engines that are asked share this time.
    ///   - engines: those of one task type in the order of preference.
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
        changes = environment.changes
        time = environment.time
        var logger = environment.logger
        logger[metadataKey: "provider"] = "\(name)"
        self.logger = logger

        var breakers: [String: EngineBreaker] = [:]
        for engine in engines where !engine.isBuiltIn && breakers[engine.name] == nil {
            breakers[engine.name] = EngineBreaker(
                breaker, provider: name, engine: engine.name, environment: environment)
        }
        self.breakers = breakers
        choices = Dictionary(grouping: engines, by: \.taskType).mapValues { engines in
            EngineChoice(
                members: engines.map { engine in
                    .init(
                        engine: engine, breaker: breakers[engine.name],
                        gate: EngineGate(engine.limits.maxConcurrent))
                }, time: environment.time)
        }

        let dimensions = [("provider", name)]
        initialized = Gauge(label: "provider_initialized", dimensions: dimensions, factory: environment.metrics)
        initialized.record(0)
    }

    public func engines() async -> [EngineStatus] {
        guard isEnabled else {
            return engineList.map {
                EngineStatus(
                    taskType: $0.taskType, engine: $0.name, kind: $0.kind, available: false,
                    detail: "switched off: set enabled = true under [\(domain.rawValue)]")
            }
        }
        var statuses: [EngineStatus] = []
        for engine in engineList { statuses.append(await engine.status()) }
        // Looking takes time: what breakers and processes say meanwhile is newer.
        statuses = refreshed(statuses)
        showInitialized(statuses.contains(where: \.available))
        return statuses
    }

    public var engineChanges: AsyncStream<Void> { changes.rings }

    public func refreshed(_ statuses: [EngineStatus]) -> [EngineStatus] {
        guard isEnabled, statuses.count == engineList.count else { return statuses }
        return zip(engineList, statuses).map { engine, last in
            var status = engine.ownStatus ?? last
            if let breaker = breakers[engine.name] {
                status.breaker = breaker.currentState
                status.untilRetry = breaker.timeUntilRetry
            }
            return status
        }
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
        guard let choice = choices[type] else { return .failed("Unsupported task type: \(type.rawValue)") }
        let start = time.monotonicNanoseconds()
        switch try await choice.perform(task, timeout: timeout) {
        case .result(let result, by: let place):
            if !choice.members[place].engine.isBuiltIn { showInitialized(true) }
            return taking(since: start, result)
        case .failed(let error, let engine):
            return taking(since: start, result(of: error, engine: engine))
        case .refused(let untilRetry):
            let seconds = untilRetry.map { JSONValue.number(max(0, $0.inSeconds * 10).rounded() / 10) }
            return .failed(
                Self.breakerRefusal, fallbackRequired: true,
                meta: seconds.map { [.init("retry_after_seconds", $0)] } ?? [])
        }
    }

    /// An engine that needs time to start is noticed by its first result at the latest.
    private func showInitialized(_ isTrue: Bool) {
        if isInitialized.exchange(isTrue, ordering: .relaxed) != isTrue { initialized.record(isTrue ? 1 : 0) }
    }

    // MARK: - Results

    private func result(of error: EngineError, engine: String?) -> TaskResult {
        switch error {
        case .payload(let text): .failed(text)
        case .absent(let text), .unsuited(let text): .failed(text, fallbackRequired: true)
        case .failed(let text):
            .failed(
                text, fallbackRequired: true, meta: engine.map { [.init("engine", .string($0))] } ?? [])
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
