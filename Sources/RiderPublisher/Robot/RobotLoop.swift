import Logging
import RiderBus
import RiderExecution
import RiderModel
import Synchronization

/// The robot link's thread: owns the socket and empties the gate into it.
final class RobotLoop {
    private let link: RobotLink
    private let socket: ZeroMQSocket
    private let monitor: LinkMonitor
    private var subscriptions = Subscriptions(watching: RobotLoop.topics)
    private var isUp = false

    private static let topics =
        (RobotTopic.allCases.map(\.name) + Domain.allCases.map(ProviderHeartbeat.topic)).map { Array($0.utf8) }

    init(of link: RobotLink) throws {
        self.link = link
        let configuration = link.configuration
        // An XPUB is a PUB that can tell whether there was room and whether anyone listens.
        socket = try ZeroMQSocket(
            .extendedPublish, in: link.context,
            options: .watchful(
                heartbeatInterval: configuration.heartbeatIntervalMilliseconds,
                heartbeatTimeout: configuration.heartbeatTimeoutMilliseconds) + [
                    // Without it commands of an outage are delivered when it ends, and the robot obeys them.
                    .immediate,
                    .refuseWhenFull, .sendHighWaterMark(Int32(clamping: max(1, configuration.sendHighWaterMark))),
                    .maximumMessageBytes(1_048_576),
                ])
        monitor = try socket.startMonitor()
        try socket.attach(to: configuration.endpoint)
    }

    func run() throws {
        var poller = ZeroMQPoller()
        let bell = poller.add(link.doorbell)
        _ = poller.add(socket)
        _ = poller.add(monitor)
        if link.configuration.endpoint.role == .bind { linkChanged(isUp: true) }
        while !link.stopped.isSet {
            let until = try turn()
            let now = link.time.monotonicNanoseconds()
            try poller.wait(milliseconds: until.map { Int(clamping: ($0 - min(now, $0) + 999_999) / 1_000_000) })
            if poller.isReadable(bell) { link.doorbell.answer() }
        }
        linkChanged(isUp: false)
    }

    /// - Returns: when something will have to be sent; nil when nothing waits.
    private func turn() throws -> UInt64? {
        while true {
            try readSocket()
            let now = link.time.monotonicNanoseconds()
            let (step, fates) = link.gate.withLock { ($0.next(at: now), $0.takeFates()) }
            link.metrics.count(fates)
            switch step {
            case .idle: return nil
            case .wait(let until): return until
            case .send(let command):
                let outcome = try send(command.message.body, on: command.message.topic.name)
                finish { $0.finished(command, outcome) }
            case .beat(let heartbeat):
                let outcome = try send(heartbeat.encoded, on: heartbeat.topic)
                finish { $0.finished(heartbeat, outcome) }
            }
        }
    }

    private func finish(_ note: (inout RobotGate) -> Void) {
        let fates = link.gate.withLock { gate in
            note(&gate)
            return gate.takeFates()
        }
        link.metrics.count(fates)
    }

    private func send(_ body: [UInt8], on topic: String) throws -> RobotGate.Outcome {
        let name = Array(topic.utf8)
        guard let index = Self.topics.firstIndex(of: name), subscriptions.reach(index) else { return .noSubscriber }
        return try socket.send([name, body]) == .sent ? .sent : .dropped
    }

    private func readSocket() throws {
        reading: while true {
            switch try socket.receive() {
            case .message(let frames): _ = subscriptions.take(frames.first ?? [])
            case .refused: break
            case .nothing: break reading
            }
        }
        while let event = try monitor.next() {
            guard link.configuration.endpoint.role == .connect, let isUp = event.linkIsUp else { continue }
            linkChanged(isUp: isUp)
        }
    }

    private func linkChanged(isUp: Bool) {
        guard self.isUp != isUp else { return }
        self.isUp = isUp
        let fates = link.gate.withLock { gate in
            gate.linkChanged(isUp: isUp)
            return gate.takeFates()
        }
        link.metrics.count(fates)
        link.metrics.linkIsUp(isUp)
        link.logger.log(
            level: isUp || link.stopped.isSet ? .info : .warning, isUp ? "robot link is up" : "robot link is down",
            metadata: ["endpoint": "\(link.configuration.endpoint)"])
    }
}
