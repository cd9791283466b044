import DequeModule
import RiderModel

/// Lets commands for the robot through, or not. It has no socket, no lock and no clock.
///
/// Obstacle and tracking messages: the newest wins, obstacles at most at the configured rate. Voice messages: in order, a
/// bounded number of them. Heartbeats: the newest of each domain, whoever does its work. Whatever is dropped is named with the
/// reason.
struct RobotGate: Sendable {
    struct Configuration: Sendable, Hashable {
        /// Between two obstacle messages.
        var obstacleInterval: UInt64
        var visionMaxAge: UInt64
        var voiceMaxAge: UInt64
        /// Voice messages that wait for the thread at most.
        var capacity: Int
    }

    enum Outcome: String, Sendable, Hashable, CaseIterable {
        case sent
        /// A newer message took its place while it waited for its turn.
        case rateLimited = "rate_limited"
        /// The robot does this domain's work itself, or has not said who does.
        case notPC = "not_pc"
        case stale
        case linkDown = "link_down"
        /// Nobody on the robot's bus listens to the topic.
        case noSubscriber = "no_subscriber"
        /// No room.
        case dropped
    }

    enum Step: Sendable, Hashable {
        /// The command has left the gate; tell ``finished(_:_:)`` what became of it.
        case send(RobotCommand)
        /// The heartbeat has left the gate; tell ``finished(_:_:)`` what became of it.
        case beat(ProviderHeartbeat)
        /// Something waits for its turn.
        case wait(until: UInt64)
        case idle
    }

    struct Fate: Sendable, Hashable {
        /// The name on the wire.
        var topic: String
        var outcome: Outcome
    }

    private let configuration: Configuration
    var modes: RobotModes
    private(set) var isLinkUp = false
    private var voice: Deque<RobotCommand> = []
    private var trackingOffset: RobotCommand?
    private var obstacle: RobotCommand?
    private var nextObstacleAt: UInt64 = 0
    private var heartbeats: [ProviderHeartbeat] = []
    private var fates: [Fate] = []

    init(configuration: Configuration, modes: RobotModes) {
        self.configuration = configuration
        self.modes = modes
    }

    // MARK: - What happens

    /// - Returns: whether the command waits in the gate now.
    mutating func offer(_ command: RobotCommand, at now: UInt64) -> Bool {
        if let outcome = refusal(of: command, at: now) {
            finished(command, outcome)
            return false
        }
        switch command.message.topic {
        case .obstacle:
            if let older = obstacle { finished(older, .rateLimited) }
            obstacle = command
        case .trackingOffset:
            if let older = trackingOffset { finished(older, .rateLimited) }
            trackingOffset = command
        case .asrResult, .ttsChunk:
            guard voice.count < configuration.capacity else {
                finished(command, .dropped)
                return false
            }
            voice.append(command)
        }
        return true
    }

    /// - Returns: whether the heartbeat waits in the gate now.
    mutating func offer(_ heartbeat: ProviderHeartbeat) -> Bool {
        guard isLinkUp else {
            finished(heartbeat, .linkDown)
            return false
        }
        if let index = heartbeats.firstIndex(where: { $0.domain == heartbeat.domain }) {
            finished(heartbeats.remove(at: index), .rateLimited)
        }
        heartbeats.append(heartbeat)
        return true
    }

    /// Nothing outlives a link.
    mutating func linkChanged(isUp: Bool) {
        isLinkUp = isUp
        guard !isUp else { return }
        for command in Array(voice) + [trackingOffset, obstacle].compactMap({ $0 }) { finished(command, .linkDown) }
        for heartbeat in heartbeats { finished(heartbeat, .linkDown) }
        heartbeats.removeAll()
        voice.removeAll()
        trackingOffset = nil
        obstacle = nil
    }

    // MARK: - What to do

    mutating func next(at now: UInt64) -> Step {
        while let command = voice.popFirst() {
            if isLetThrough(command, at: now) { return .send(command) }
        }
        if let command = trackingOffset {
            trackingOffset = nil
            if isLetThrough(command, at: now) { return .send(command) }
        }
        if !heartbeats.isEmpty { return .beat(heartbeats.removeFirst()) }
        guard let command = obstacle else { return .idle }
        if now < nextObstacleAt, refusal(of: command, at: now) == nil { return .wait(until: nextObstacleAt) }
        obstacle = nil
        guard isLetThrough(command, at: now) else { return .idle }
        nextObstacleAt = now + configuration.obstacleInterval
        return .send(command)
    }

    mutating func finished(_ command: RobotCommand, _ outcome: Outcome) {
        fates.append(Fate(topic: command.message.topic.name, outcome: outcome))
    }

    mutating func finished(_ heartbeat: ProviderHeartbeat, _ outcome: Outcome) {
        fates.append(Fate(topic: heartbeat.topic, outcome: outcome))
    }

    /// What became of commands since the last call.
    mutating func takeFates() -> [Fate] {
        defer { fates = [] }
        return fates
    }

    private mutating func isLetThrough(_ command: RobotCommand, at now: UInt64) -> Bool {
        guard let outcome = refusal(of: command, at: now) else { return true }
        finished(command, outcome)
        return false
    }

    private func refusal(of command: RobotCommand, at now: UInt64) -> Outcome? {
        let domain = command.message.topic.domain
        if !isLinkUp { return .linkDown }
        if !modes.wants(domain) { return .notPC }
        let maxAge = domain == .vision ? configuration.visionMaxAge : configuration.voiceMaxAge
        return now > command.receivedAt && now - command.receivedAt > maxAge ? .stale : nil
    }
}
