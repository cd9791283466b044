import Logging
import Metrics
import RiderBus
import RiderExecution
import RiderModel
import Synchronization

/// Sends commands to the robot on a socket of their own: at once or not at all, only while the robot wants them.
///
/// Nothing is kept for later. What is offered while the link is down, while the robot does the domain's work itself, or too
/// late, is dropped and counted in `robot_messages_total{topic,outcome}`.
public final class RobotLink: Sendable {
    let configuration: RobotLinkConfiguration
    let context: ZeroMQContext
    let logger: Logger
    let metrics: RobotMetrics
    let time: TimeSource

    let gate: Mutex<RobotGate>
    let doorbell = Doorbell()
    let stopped = StopFlag()

    public init(
        configuration: RobotLinkConfiguration, context: ZeroMQContext, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory, time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.context = context
        self.logger = logger
        self.time = time
        metrics = RobotMetrics(factory: factory)
        gate = Mutex(
            RobotGate(configuration: .init(configuration), modes: RobotModes(assuming: configuration.assumeMode)))
    }

    /// Offers a command. Never waits; returns before it is sent.
    ///
    /// - Parameter receivedAt: when the input that this answers arrived at this machine, in nanoseconds of its monotonic
    ///   clock: the age is counted from there.
    public func offer(_ message: RobotMessage, receivedAt: UInt64) {
        let now = time.monotonicNanoseconds()
        let command = RobotCommand(message: message, receivedAt: receivedAt)
        let (isKept, fates) = gate.withLock { ($0.offer(command, at: now), $0.takeFates()) }
        if isKept { doorbell.ring() }
        metrics.count(fates)
    }

    /// Takes a message of the robot's bus on one of ``RobotModes/topics``; others are ignored.
    public func observe(topic: String, body: some Collection<UInt8>) {
        let (domain, isWanted) = gate.withLock { gate in
            let domain = gate.modes.observe(topic: topic, body: body)
            return (domain, domain.map(gate.modes.wants))
        }
        if let domain, let isWanted { log(domain, isWanted) }
    }

    /// Takes an event of ``RobotModes/topics`` that has been read already.
    public func observe(_ state: ProviderState) {
        let (hasChanged, isWanted) = gate.withLock { ($0.modes.observe(state), $0.modes.wants(state.domain)) }
        if hasChanged { log(state.domain, isWanted) }
    }

    /// Takes note of an event of ``RobotModes/topics`` that cannot be read: the domain's mode is unknown from now on. Logged
    /// once until something is known again.
    public func observeUnreadable(_ domain: Domain, reason: String) {
        let (_, isFirst) = gate.withLock { $0.modes.observeUnreadable(domain) }
        guard isFirst, configuration.assumeMode == nil else { return }
        logger.warning(
            "the robot's state of a domain cannot be read: it is told nothing until its mode is known again",
            metadata: ["domain": "\(domain)", "reason": "\(reason)"])
    }

    /// To be asked for just before the robot is asked for its state; see ``take(_:to:)``.
    public var question: RobotModes.Question { gate.withLock { $0.modes.question } }

    /// Takes the robot's answer to `GET /api/providers/state`.
    ///
    /// - Returns: false when events came in between, so that the robot should be asked again.
    public func take(_ states: [ProviderState], to question: RobotModes.Question) -> Bool {
        let (answer, wanted) = gate.withLock { gate in
            let answer = gate.modes.take(states, to: question)
            return (answer, answer.changed.map { ($0, gate.modes.wants($0)) })
        }
        for (domain, isWanted) in wanted { log(domain, isWanted) }
        return answer.isWhole
    }

    /// Says what this machine can do for a domain; at once, or not at all while the link is down.
    public func offer(_ heartbeat: ProviderHeartbeat) {
        let (isKept, fates) = gate.withLock { ($0.offer(heartbeat), $0.takeFates()) }
        if isKept { doorbell.ring() }
        metrics.count(fates)
    }

    /// Says that this machine listens and has heard no words, while the robot wants to be told.
    public func offerIdleVoice() {
        let body = ASRResultMessage.idle(ts: time.wall().seconds)
        guard let message = try? RobotMessage(topic: .asrResult, body: body, taskID: "", inputAt: time.wall()) else {
            preconditionFailure("the idle message is not fit for a robot")
        }
        offer(message, receivedAt: time.monotonicNanoseconds())
    }

    private func log(_ domain: Domain, _ isWanted: Bool) {
        logger.info(
            isWanted ? "the robot wants results" : "the robot wants no results", metadata: ["domain": "\(domain)"])
    }

    /// To be called when messages of the robot's bus may have been missed: the modes are unknown until heard again.
    public func forgetModes() {
        gate.withLock { $0.modes.forget() }
    }

    /// Whether the robot wants results of the domain now.
    public func wants(_ domain: Domain) -> Bool {
        gate.withLock { $0.modes.wants(domain) }
    }

    /// Who does the domain's work as far as is known.
    public func mode(of domain: Domain) -> ProviderMode? {
        gate.withLock { $0.modes.mode(of: domain) }
    }

    public var isLinkUp: Bool { gate.withLock { $0.isLinkUp } }

    /// Sends what is offered until the surrounding task is cancelled. To be called once.
    ///
    /// - Throws: ``ZeroMQError`` when the socket cannot be set up.
    public func run() async throws {
        try await DetachedThread.run(name: "robot-link") {
            self.stopped.set()
            self.doorbell.ring()
        } loop: {
            try RobotLoop(of: self).run()
        }
    }
}

extension RobotGate.Configuration {
    init(_ configuration: RobotLinkConfiguration) {
        func nanoseconds(_ milliseconds: Int) -> UInt64 { UInt64(max(0, milliseconds)) * 1_000_000 }
        self.init(
            obstacleInterval: configuration.obstacleHz > 0 ? UInt64(1e9 / max(configuration.obstacleHz, 1e-3)) : 0,
            visionMaxAge: nanoseconds(configuration.maxAgeMilliseconds),
            voiceMaxAge: nanoseconds(configuration.voiceMaxAgeMilliseconds),
            capacity: max(1, configuration.sendHighWaterMark))
    }
}
