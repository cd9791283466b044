import RiderModel
import Testing

@testable import RiderPublisher

@Suite struct RobotGateTests {
    private static let second: UInt64 = 1_000_000_000
    private static let millisecond: UInt64 = 1_000_000

    private func gate(mode: ProviderMode? = .pc, isLinkUp: Bool = true) -> RobotGate {
        var gate = RobotGate(
            configuration: .init(
                obstacleInterval: 200 * Self.millisecond, visionMaxAge: 500 * Self.millisecond,
                voiceMaxAge: 5 * Self.second, capacity: 2),
            modes: RobotModes(assuming: mode))
        if isLinkUp { gate.linkChanged(isUp: true) }
        return gate
    }

    private func outcomes(_ gate: inout RobotGate) -> [RobotGate.Outcome] {
        gate.takeFates().map(\.outcome)
    }

    private func offer(to gate: inout RobotGate, _ command: RobotCommand, at now: UInt64) -> Bool {
        gate.offer(command, at: now)
    }

    @Test func freshObstacleGoesOutAtOnce() throws {
        var gate = gate()
        let command = RobotCommand(message: try .obstacle(), receivedAt: Self.second)
        #expect(offer(to: &gate, command, at: Self.second))
        #expect(gate.next(at: Self.second) == .send(command))
        gate.finished(command, .sent)
        #expect(gate.next(at: Self.second) == .idle)
        #expect(gate.takeFates() == [.init(topic: "vision.obstacle.enhanced", outcome: .sent)])
    }

    @Test func onlyTheNewestObstacleWaitsForItsTurn() throws {
        var gate = gate()
        let commands = try (0..<4).map {
            RobotCommand(
                message: try .obstacle(frame: "\($0)"), receivedAt: Self.second + UInt64($0) * Self.millisecond)
        }
        _ = gate.offer(commands[0], at: Self.second)
        #expect(gate.next(at: Self.second) == .send(commands[0]))
        for command in commands.dropFirst() { #expect(offer(to: &gate, command, at: command.receivedAt)) }
        #expect(
            gate.next(at: Self.second + 10 * Self.millisecond) == .wait(until: Self.second + 200 * Self.millisecond))
        #expect(gate.next(at: Self.second + 200 * Self.millisecond) == .send(commands[3]))
        #expect(outcomes(&gate) == [.rateLimited, .rateLimited])
    }

    @Test func waitingObstacleThatGrowsOldIsDropped() throws {
        var gate = gate()
        let first = RobotCommand(message: try .obstacle(), receivedAt: Self.second)
        _ = gate.offer(first, at: Self.second)
        _ = gate.next(at: Self.second)
        let second = RobotCommand(message: try .obstacle(), receivedAt: Self.second - 400 * Self.millisecond)
        #expect(offer(to: &gate, second, at: Self.second))
        #expect(gate.next(at: Self.second + 101 * Self.millisecond) == .idle)
        #expect(outcomes(&gate) == [.stale])
    }

    @Test func ageCountsFromTheReceiptOfTheInput() throws {
        var gate = gate()
        let now = 100 * Self.second
        let late = now - 501 * Self.millisecond
        #expect(!offer(to: &gate, RobotCommand(message: try .obstacle(), receivedAt: late), at: now))
        #expect(!offer(to: &gate, RobotCommand(message: try .offset(), receivedAt: late), at: now))
        #expect(
            offer(to: &gate, RobotCommand(message: try .transcript(), receivedAt: late), at: now), "speech takes longer"
        )
        #expect(!offer(to: &gate, RobotCommand(message: try .transcript(), receivedAt: now - 6 * Self.second), at: now))
        #expect(offer(to: &gate, RobotCommand(message: try .obstacle(), receivedAt: now + 1), at: now))
        #expect(outcomes(&gate) == [.stale, .stale, .stale])
    }

    @Test func silenceUnlessTheRobotHasAskedForResults() throws {
        for mode in [nil, ProviderMode.local] {
            var gate = gate(mode: mode)
            #expect(!offer(to: &gate, RobotCommand(message: try .obstacle(), receivedAt: 0), at: 0))
            #expect(!offer(to: &gate, RobotCommand(message: try .transcript(), receivedAt: 0), at: 0))
            #expect(gate.next(at: 0) == .idle)
            #expect(outcomes(&gate) == [.notPC, .notPC])
        }
    }

    @Test func commandThatWaitsWhenTheModeChangesIsDropped() throws {
        var gate = gate(mode: nil)
        gate.modes.observe(topic: "provider.vision.state", body: Array(#"{"domain":"vision","mode":"pc"}"#.utf8))
        #expect(offer(to: &gate, RobotCommand(message: try .obstacle(), receivedAt: 0), at: 0))
        gate.modes.observe(topic: "provider.vision.state", body: Array(#"{"domain":"vision","mode":"local"}"#.utf8))
        #expect(gate.next(at: 0) == .idle)
        #expect(outcomes(&gate) == [.notPC])
    }

    @Test func nothingOutlivesTheLink() throws {
        var gate = gate(isLinkUp: false)
        #expect(!offer(to: &gate, RobotCommand(message: try .obstacle(), receivedAt: 0), at: 0))
        gate.linkChanged(isUp: true)
        for message in [try RobotMessage.obstacle(), try .offset(), try .transcript()] {
            #expect(offer(to: &gate, RobotCommand(message: message, receivedAt: 0), at: 0))
        }
        gate.linkChanged(isUp: false)
        gate.linkChanged(isUp: true)
        #expect(gate.next(at: 0) == .idle)
        #expect(outcomes(&gate) == [.linkDown, .linkDown, .linkDown, .linkDown])
    }

    @Test func voiceKeepsItsOrderAndIsBounded() throws {
        var gate = gate()
        let commands = try ["a", "b", "c"].map { RobotCommand(message: try .transcript($0), receivedAt: 0) }
        let kept = commands.map { gate.offer($0, at: 0) }
        #expect(kept == [true, true, false])
        #expect(gate.next(at: 0) == .send(commands[0]))
        #expect(gate.next(at: 0) == .send(commands[1]))
        #expect(gate.next(at: 0) == .idle)
        #expect(outcomes(&gate) == [.dropped])
    }

    @Test func newerOffsetTakesThePlaceOfAnOlderOne() throws {
        var gate = gate()
        let (old, new) = (
            RobotCommand(message: try .offset(0.1), receivedAt: 0),
            RobotCommand(message: try .offset(0.2), receivedAt: 0)
        )
        _ = gate.offer(old, at: 0)
        _ = gate.offer(new, at: 0)
        #expect(gate.next(at: 0) == .send(new))
        #expect(outcomes(&gate) == [.rateLimited])
    }

    @Test func heartbeatsGoOutWhoeverDoesTheWorkAndTheNewestOfADomainWins() throws {
        var gate = gate(mode: nil)
        let beats = [(Domain.vision, 1.0), (.voice, 2), (.vision, 3)].map {
            ProviderHeartbeat(domain: $0.0, status: .online, ts: $0.1)
        }
        for beat in beats { #expect(gateTakes(beat, &gate)) }
        #expect(gate.next(at: 0) == .beat(beats[1]))
        gate.finished(beats[1], .sent)
        #expect(gate.next(at: 0) == .beat(beats[2]))
        #expect(gate.next(at: 0) == .idle)
        #expect(
            gate.takeFates() == [
                .init(topic: "provider.vision.heartbeat", outcome: .rateLimited),
                .init(topic: "provider.voice.heartbeat", outcome: .sent),
            ])
    }

    @Test func noHeartbeatOutlivesTheLink() throws {
        var gate = gate()
        let beat = ProviderHeartbeat(domain: .text, status: .blocked, ts: 1)
        #expect(gateTakes(beat, &gate))
        gate.linkChanged(isUp: false)
        #expect(!gateTakes(beat, &gate))
        gate.linkChanged(isUp: true)
        #expect(gate.next(at: 0) == .idle)
        #expect(outcomes(&gate) == [.linkDown, .linkDown])
    }

    private func gateTakes(_ beat: ProviderHeartbeat, _ gate: inout RobotGate) -> Bool { gate.offer(beat) }
}
