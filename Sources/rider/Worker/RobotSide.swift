import Logging
import RiderConfiguration
import RiderHTTP
import RiderIngest
import RiderModel
import RiderProviders
import RiderPublisher
import RiderRobot
import Synchronization

/// What the robot is told of this machine and what it says of itself: ties its bus, its HTTP interface and the engines
/// together.
final class RobotSide: Sendable {
    /// Names this process in its own answers.
    let instance: String
    let engines: EngineWatch
    /// The answer of `GET /providers/capabilities`.
    let capabilities: CapabilitiesSnapshot
    /// nil without a robot.
    let contact: RobotContact?
    private let link: RobotLink?
    private let refreshCapabilities: @Sendable () -> Void
    private let ingestService: Slot<IngestService>

    /// Something that is made later.
    private final class Slot<Content: Sendable>: Sendable {
        private let content = Mutex<Content?>(nil)
        var value: Content? { content.withLock { $0 } }
        func fill(_ value: Content) { content.withLock { $0 = value } }
    }

    /// - Parameter link: nil without a robot.
    init(settings: Settings, providers: [any Provider], link: RobotLink?, logger: Logger) {
        instance = String(UInt64.random(in: .min ... .max), radix: 16)
        self.link = link
        let (watch, ingest, told) = (Slot<EngineWatch>(), Slot<IngestService>(), Slot<RobotContact>())
        let snapshot = CapabilitiesSnapshot(settings.capabilities(mode: { _ in nil }, engines: []))
        // One after the other, so that the newest answer is the one that stays.
        let turn = Mutex(())
        let refresh: @Sendable () -> Void = {
            turn.withLock { _ in
                let engines = Domain.allCases.flatMap { watch.value?.engines(of: $0) ?? [] }
                snapshot.update(settings.capabilities(mode: { link?.mode(of: $0) }, engines: engines))
            }
        }
        let engines = EngineWatch(providers) {
            refresh()
            told.value?.enginesChanged()
        }
        watch.fill(engines)
        self.engines = engines
        capabilities = snapshot
        refreshCapabilities = refresh
        ingestService = ingest
        guard let link, let configuration = settings.robotContactConfiguration else {
            contact = nil
            return
        }
        let enabled: [Domain: Bool] = [
            .voice: settings.voice.isEnabled, .vision: settings.vision.isEnabled, .text: settings.text.isEnabled,
        ]
        contact = RobotContact(
            configuration: configuration,
            environment: .init(
                question: { link.question },
                take: { states, question in
                    defer { refresh() }
                    return link.take(states, to: question)
                },
                wants: { link.wants($0) }, heartbeat: { link.offer($0) }, idleVoice: { link.offerIdleVoice() },
                tracking: { ingest.value?.update(tracking: $0) }, capabilities: { snapshot.bytes },
                isOnline: { domain in
                    enabled[domain] == true ? engines.engines(of: domain).contains(where: \.worksNow) : nil
                },
                isListening: { engines.isAvailable(.voiceASR) }),
            instance: instance, logger: logger)
        if let contact { told.fill(contact) }
    }

    /// Gives it the reader of the robot's bus, which goes on with what the robot follows.
    func ingest(_ service: IngestService) {
        ingestService.fill(service)
    }

    /// Takes what the robot's bus tells besides work.
    func take(_ event: RobotEvent) {
        switch event {
        case .link(let isUp):
            if !isUp { link?.forgetModes() }
            contact?.busChanged(isUp: isUp)
        case .mode(let state): link?.observe(state)
        case .unreadableMode(let domain, let reason):
            link?.observeUnreadable(domain, reason: reason)
            contact?.modesAreUnclear()
        // Any domain in `pc` sets the global mode; the domains' own modes say what is wanted of us.
        case .aiMode: break
        }
        refreshCapabilities()
    }
}
