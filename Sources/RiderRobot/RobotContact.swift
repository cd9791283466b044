import Logging
import Metrics
import RiderModel
import RiderPublisher
import Synchronization

/// Stays in touch with the robot besides the work: reads whom it wants to do its work, tells it where this machine is and that
/// it lives, and learns what it follows.
///
/// Nothing here is needed for the bus. Without the robot's HTTP interface the modes are known once the robot says them on
/// the bus; until then it is told nothing.
public final class RobotContact: Sendable {
    private enum Occasion: Sendable, Hashable {
        case busIsUp
        case modesAreUnclear
        /// The wait after the reading of that number is over.
        case timer(Int)
    }

    private struct State {
        var isBusUp = false
        /// The robot said something of its modes that could not be read, and has not been asked since.
        var areModesUnclear = false
        var health = RobotHealth.unknown
        var latencyMilliseconds: Double?
        var addressCheck: AddressCheck?
        var isLinkUp: Bool?
    }

    private let configuration: RobotContactConfiguration
    private let environment: Environment
    /// By which this process knows its own answers: the value of the header ``instanceHeader`` in them.
    private let instance: String
    private let client: WebClient
    private let time: TimeSource
    private let logger: Logger
    private let metrics: RobotContactMetrics
    private let state = Mutex(State())
    /// What the last heartbeats on the bus said.
    private let told = Mutex<[Domain: Bool]>([:])
    private let occasions: AsyncStream<Occasion>
    private let bell: AsyncStream<Occasion>.Continuation
    private let engineNews: AsyncStream<Void>
    private let engineBell: AsyncStream<Void>.Continuation
    private let listening: AsyncStream<Void>
    private let listeningBell: AsyncStream<Void>.Continuation

    /// The name of the header by which this process knows its own answers.
    public static var instanceHeader: String { AddressCheck.header }

    /// - Parameter instance: what this process's server sends in the header ``instanceHeader``.
    public init(
        configuration: RobotContactConfiguration, environment: Environment, instance: String, logger: Logger,
        factory: any MetricsFactory = MetricsSystem.factory, time: TimeSource = .system
    ) {
        self.configuration = configuration
        self.environment = environment
        self.instance = instance
        self.logger = logger
        self.time = time
        metrics = RobotContactMetrics(factory: factory)
        client = WebClient(maxAnswerBytes: configuration.maxAnswerBytes, time: time)
        (occasions, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(16))
        (engineNews, engineBell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (listening, listeningBell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// To be called at every change of the link to the robot's bus. State events are not retained: what was said while it was
    /// down is only known by asking.
    public func busChanged(isUp: Bool) {
        state.withLock { $0.isBusUp = isUp }
        if isUp { bell.yield(.busIsUp) }
    }

    /// To be called when the robot has said something of a domain's mode that cannot be read: it is asked. However often that
    /// happens, it is asked once in the time of a retry.
    public func modesAreUnclear() {
        let isNew = state.withLock { state in
            defer { state.areModesUnclear = true }
            return !state.areModesUnclear
        }
        if isNew { bell.yield(.modesAreUnclear) }
    }

    /// To be called when engines have come or gone: a domain that is not what the robot was told last is told at once.
    public func enginesChanged() {
        engineBell.yield()
    }

    /// To be called when this process's own server answers: its address is neither tried nor told before.
    public func serverIsListening() {
        listeningBell.finish()
    }

    /// The robot's own health as it was last heard.
    public var health: RobotHealth { state.withLock(\.health) }

    /// Keeps in touch until cancelled. To be called once.
    public func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.followModes() }
            group.addTask { await self.tellAddress() }
            group.addTask { await self.every(self.configuration.heartbeatInterval) { self.beatOnBus() } }
            group.addTask { for await _ in self.engineNews { self.beatOnBus(whatIsNew: true) } }
            group.addTask { await self.every(self.configuration.heartbeatInterval) { await self.askForHealth() } }
            group.addTask { await self.every(self.configuration.trackingInterval) { await self.askForTracking() } }
            if configuration.idleVoiceInterval > .zero {
                group.addTask { await self.every(self.configuration.idleVoiceInterval) { self.answerSilence() } }
            }
            await group.waitForAll()
        }
        try await client.shutDown()
    }

    private func every(_ interval: Duration, _ work: @Sendable () async -> Void) async {
        while !Task.isCancelled {
            await work()
            try? await Task.sleep(for: interval)
        }
    }

    // MARK: - Modes

    private func followModes() async {
        await withDiscardingTaskGroup { group in
            var readings = 0
            var retryWait = configuration.retryBase
            var lastUnclear: UInt64?
            for await occasion in occasions {
                if case .timer(let number) = occasion, number != readings { continue }
                guard state.withLock(\.isBusUp) else { continue }
                if occasion == .modesAreUnclear {
                    let now = time.monotonicNanoseconds()
                    let pause = lastUnclear.map { Duration.nanoseconds(Int64(clamping: now &- $0)) }
                    if let pause, pause < configuration.retryBase {
                        // Whoever floods the bus with nonsense does not flood the robot with questions.
                        wake(after: configuration.retryBase, .timer(readings), &group)
                        continue
                    }
                    lastUnclear = now
                }
                readings += 1
                state.withLock { $0.areModesUnclear = false }
                let wait: Duration
                switch await readModes() {
                case .read:
                    retryWait = configuration.retryBase
                    wait = configuration.modesInterval
                case .contested: wait = configuration.retryBase
                case .failed:
                    wait = retryWait
                    retryWait = min(retryWait * 2, configuration.retryMaximum)
                }
                wake(after: wait, .timer(readings), &group)
            }
            group.cancelAll()
        }
    }

    private func wake(after wait: Duration, _ occasion: Occasion, _ group: inout DiscardingTaskGroup) {
        group.addTask {
            try? await Task.sleep(for: wait)
            self.bell.yield(occasion)
        }
    }

    private enum Reading {
        case read
        /// Events came in between.
        case contested
        case failed
    }

    private func readModes() async -> Reading {
        let question = environment.question()
        do throws(WebError) {
            let answer = try await askRobot("/api/providers/state")
            guard let states = RobotState.modes(answer) else {
                throw .unreadable(url: configuration.robotURL + "/api/providers/state", reason: "no `domains`")
            }
            return environment.take(states, question) ? .read : .contested
        } catch {
            if error != .cancelled { logger.debug("the robot's modes are not known", metadata: ["error": "\(error)"]) }
            return .failed
        }
    }

    // MARK: - Heartbeats

    private func tellAddress() async {
        guard !configuration.publicURL.isEmpty else { return }
        for await _ in listening {}
        await every(configuration.heartbeatInterval) { await self.tellAddressOnce() }
    }

    private func tellAddressOnce() async {
        guard await checkAddress() else { return metrics.heartbeat(.heldBack) }
        let latency = state.withLock(\.latencyMilliseconds)
        let body = HeartbeatBody(
            baseURL: configuration.publicURL, capabilities: environment.capabilities(),
            timestamp: time.wall().seconds, latencyMilliseconds: latency)
        do throws(WebError) {
            let answer = try await client.post(
                configuration.robotURL + "/api/providers/pc-heartbeat", json: body.encoded,
                timeout: configuration.requestTimeout)
            state.withLock { $0.latencyMilliseconds = (answer.duration.inSeconds * 10_000).rounded() / 10 }
            linkChanged(nil)
            metrics.heartbeat(.sent)
        } catch {
            if error == .cancelled { return }
            linkChanged(error)
            metrics.heartbeat(error.isAnswer ? .refused : .unreachable)
            if error.isAnswer { logger.warning("the robot refused a heartbeat", metadata: ["error": "\(error)"]) }
        }
    }

    /// Asks this very process through the address that the robot would be told.
    private func checkAddress() async -> Bool {
        let answer: Result<WebClient.Answer, WebError>
        do throws(WebError) {
            answer = .success(
                try await client.get(
                    configuration.publicURL + "/providers/capabilities", timeout: configuration.ownAnswerTimeout))
        } catch {
            if error == .cancelled { return false }
            answer = .failure(error)
        }
        let check = AddressCheck(answer, instance: instance)
        let hasChanged = state.withLock { state in
            defer { state.addressCheck = check }
            return state.addressCheck != check
        }
        if hasChanged {
            metrics.address(isConfirmed: check == .confirmed)
            let metadata: Logger.Metadata = ["address": "\(configuration.publicURL)"]
            if let advice = check.advice {
                logger.warning("the robot is not told this address: \(advice)", metadata: metadata)
            } else {
                logger.notice("the robot is told this address", metadata: metadata)
            }
        }
        return check == .confirmed
    }

    /// - Parameter whatIsNew: leaves out the domains of which the same was said last.
    private func beatOnBus(whatIsNew: Bool = false) {
        let latency = state.withLock(\.latencyMilliseconds)
        let baseURL = configuration.publicURL.isEmpty ? nil : configuration.publicURL
        // Locked all the while: of two who beat at once, the one that looks last speaks last.
        told.withLock { told in
            for domain in Domain.allCases {
                guard let isOnline = environment.isOnline(domain), !whatIsNew || told[domain] != isOnline else {
                    continue
                }
                told[domain] = isOnline
                environment.heartbeat(
                    ProviderHeartbeat(
                        domain: domain, status: isOnline ? .online : .blocked, ts: time.wall().seconds,
                        baseURL: baseURL, latencyMilliseconds: latency))
            }
        }
    }

    private func answerSilence() {
        if state.withLock(\.isBusUp), environment.wants(.voice), environment.isListening() { environment.idleVoice() }
    }

    // MARK: - What the robot says of itself

    private func askForHealth() async {
        let health: RobotHealth
        do throws(WebError) {
            let answer = try await askRobot("/healthz")
            health = answer.members == nil ? .failing(reason: "/healthz of the robot is no object") : .answered(answer)
        } catch {
            if error == .cancelled { return }
            health = error.isAnswer ? .failing(reason: "\(error)") : .unreachable(reason: "\(error)")
        }
        state.withLock { $0.health = health }
    }

    private func askForTracking() async {
        guard environment.wants(.vision) else { return environment.tracking(nil) }
        do throws(WebError) {
            environment.tracking(RobotState.tracking(try await askRobot("/state")))
        } catch {
            if error != .cancelled { environment.tracking(nil) }
        }
    }

    private func askRobot(_ path: String) async throws(WebError) -> JSONValue {
        let url = configuration.robotURL + path
        do throws(WebError) {
            let answer = try await client.get(url, timeout: configuration.requestTimeout)
            guard let value = try? JSONValue(parsing: answer.body) else {
                throw .unreadable(url: url, reason: "it is not JSON")
            }
            linkChanged(nil)
            return value
        } catch {
            if error != .cancelled { linkChanged(error.isAnswer ? nil : error) }
            throw error
        }
    }

    /// - Parameter error: nil when the robot has answered.
    private func linkChanged(_ error: WebError?) {
        let hasChanged = state.withLock { state in
            defer { state.isLinkUp = error == nil }
            return state.isLinkUp != (error == nil)
        }
        guard hasChanged else { return }
        metrics.linkIsUp(error == nil)
        if let error {
            logger.warning(
                "the robot does not answer by HTTP: its modes are known only when it says them on the bus",
                metadata: ["error": "\(error)"])
        } else {
            logger.notice("the robot answers by HTTP", metadata: ["robot": "\(configuration.robotURL)"])
        }
    }
}
