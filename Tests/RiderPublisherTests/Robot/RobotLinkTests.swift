import Logging
import RiderBus
import RiderModel
import TestSupport
import Testing

@testable import RiderPublisher

/// The robot link against a broker and listeners in Python.
@Suite(.timeLimit(.minutes(1))) struct RobotLinkTests {
    private let metrics = CountingMetrics()

    private func link(
        to endpoint: Endpoint, _ configure: (inout RobotLinkConfiguration) -> Void = { _ in }
    ) throws -> RobotLink {
        var configuration = RobotLinkConfiguration(endpoint: endpoint)
        // A slow machine must not make messages stale.
        configuration.maxAgeMilliseconds = 60_000
        configure(&configuration)
        return RobotLink(
            configuration: configuration, context: try ZeroMQContext(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, factory: metrics)
    }

    private func withRunning(_ link: RobotLink, _ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await link.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private var now: UInt64 { TimeSource.system.monotonicNanoseconds() }

    private func count(_ topic: RobotTopic, _ outcome: RobotGate.Outcome) -> String {
        "robot_messages_total{topic=\(topic.name),outcome=\(outcome.rawValue)}"
    }

    private func state(_ mode: String) -> [UInt8] { Array(#"{"domain":"vision","mode":"\#(mode)"}"#.utf8) }

    /// Offers obstacles until the robot's subscription has arrived and one was sent; returns that one's frame.
    private func offerUntilSent(on link: RobotLink) async throws -> Int {
        var frame = 0
        repeat {
            frame += 1
            let missed = metrics.value(count(.obstacle, .noSubscriber))
            link.offer(try .obstacle(frame: "\(frame)"), receivedAt: now)
            await metrics.either(count(.obstacle, .noSubscriber), missed + 1, or: count(.obstacle, .sent), 1)
        } while metrics.value(count(.obstacle, .sent)) == 0
        return frame
    }

    @Test func commandsReachTheRobotOnlyWhileItWantsThem() async throws {
        let broker = try await Broker.start()
        let robot = try await broker.listener("vision.obstacle.enhanced")
        let link = try link(to: broker.input) { $0.obstacleHz = 0 }
        try await withRunning(link) {
            await metrics.value("link_up{link=robot}", reaches: 1)
            link.offer(try .obstacle(frame: "unasked"), receivedAt: now)
            #expect(metrics.value(count(.obstacle, .notPC)) == 1)

            link.observe(topic: "provider.vision.state", body: state("pc"))
            let frame = try await offerUntilSent(on: link)
            try await robot.line(beginning: "ready")
            let line = try await robot.nextLine()
            #expect(line.hasPrefix("2 vision.obstacle.enhanced {"))
            #expect(line.contains(#""frame_id":"\#(frame)""#))

            link.observe(topic: "provider.vision.state", body: state("local"))
            link.offer(try .obstacle(frame: "unasked"), receivedAt: now)
            #expect(metrics.value(count(.obstacle, .notPC)) == 2)
            link.observe(topic: "provider.vision.state", body: state("pc"))
            link.offer(try .obstacle(frame: "last"), receivedAt: now)
            #expect(try await robot.nextLine().contains(#""frame_id":"last""#))
        }
        #expect(metrics.value("link_up{link=robot}") == 0)
    }

    @Test func nothingIsKeptForARobotThatIsAway() async throws {
        let broker = try await Broker.start()
        let link = try link(to: broker.input) {
            $0.assumeMode = .pc
            $0.obstacleHz = 0
        }
        try await withRunning(link) {
            await metrics.value("link_up{link=robot}", reaches: 1)
            broker.kill()
            await metrics.gone("link_up{link=robot}")
            for frame in 0..<20 { link.offer(try .obstacle(frame: "old \(frame)"), receivedAt: now) }
            #expect(metrics.value(count(.obstacle, .linkDown)) == 20)

            let next = try await broker.restart()
            let robot = try await next.listener("vision.obstacle.enhanced")
            await metrics.value("link_up{link=robot}", reaches: 1)
            let frame = try await offerUntilSent(on: link)
            try await robot.line(beginning: "ready")
            #expect(try await robot.nextLine().contains(#""frame_id":"\#(frame)""#))
        }
    }

    @Test func frozenBrokerTakesTheLinkDown() async throws {
        let broker = try await Broker.start()
        let link = try link(to: broker.input) { $0.assumeMode = .pc }
        try await withRunning(link) {
            await metrics.value("link_up{link=robot}", reaches: 1)
            broker.freeze()
            await metrics.gone("link_up{link=robot}")
            #expect(!link.isLinkUp)
        }
    }

    @Test func obstaclesGoOutAtMostAtTheRateOfTheRobotAndTheNewestWins() async throws {
        let broker = try await Broker.start()
        let robot = try await broker.listener("vision.obstacle.enhanced")
        let link = try link(to: broker.input) {
            $0.assumeMode = .pc
            $0.obstacleHz = 20
        }
        try await withRunning(link) {
            await metrics.value("link_up{link=robot}", reaches: 1)
            _ = try await offerUntilSent(on: link)
            for frame in 0..<50 { link.offer(try .obstacle(frame: "burst \(frame)"), receivedAt: now) }
            try await robot.line(beginning: "ready")
            // However slow this machine is: the last one of a burst always arrives, and the others make room for it.
            while !(try await robot.nextLine().contains("burst 49")) {}
            let (sent, limited) = (
                metrics.value(count(.obstacle, .sent)), metrics.value(count(.obstacle, .rateLimited))
            )
            #expect(sent + limited >= 50)
            #expect(limited > 0)
        }
    }
}
