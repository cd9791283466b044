import Foundation
import RiderBus
import RiderJournal
import RiderModel
import RiderReplay
import TestSupport
import Testing

@testable import RiderPublisher

/// Replays against real processes: a broker of the robot's kind and listeners, both in Python.
@Suite(.timeLimit(.minutes(1))) struct ReplaySendingTests {
    private func configuration(_ broker: Broker) -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration(
            publisherID: "test", endpoint: broker.input, confirmationEndpoint: broker.output)
        configuration.deliveryFlushMilliseconds = 20
        return configuration
    }

    private func listening() -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration(publisherID: "test", endpoint: .bind("127.0.0.1", port: 0))
        configuration.deliveryFlushMilliseconds = 20
        return configuration
    }

    private func mark(in line: String) throws -> RiderMark {
        let parts = line.split(separator: " ", maxSplits: 2)
        #expect(parts.first == "2", "robot readers unpack exactly two frames")
        let body = try #require(parts.last)
        return try #require(RiderMark(in: Array(body.utf8)))
    }

    private func listener(of publisher: TelemetryPublisher, _ topics: String...) async throws -> ForeignProcess {
        while publisher.openAddress == nil { await Task.yield() }
        let address = try #require(publisher.openAddress)
        let listener = try ForeignProcess("listener.py", [address] + topics)
        try await listener.line(beginning: "ready")
        return listener
    }

    @Test func messagesArriveInOrderMarkedAndConfirmed() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.voice")
        let watch = ReplayWatch((1...500).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            let ending = try await publisher.send(watch.job(rate: .adaptive(2000)))
            #expect(ending == .finished)
            #expect(watch.count(of: .brokerConfirmed) == 500)
            #expect(watch.position == 500)
            try await listener.line(beginning: "ready")
            for seq in 1...500 {
                let mark = try mark(in: try await listener.nextLine())
                #expect(mark.seq == Int64(seq))
                #expect(mark.recordedAt == JournalRecord.sample(Int64(seq)).recordedAt)
                let replay = try #require(mark.replay)
                #expect(replay.run == 7)
                #expect(replay.ageMilliseconds == (replay.replayedAt - mark.recordedAt).wholeMilliseconds)
            }
        }
    }

    @Test func withoutASubscriberNothingIsSent() async throws {
        let broker = try await Broker.start()
        let watch = ReplayWatch([.sample(1)])
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            let ending = try await publisher.send(watch.job(wait: .milliseconds(300)))
            #expect(ending == .noSubscriber)
            #expect(watch.state(of: 1) == nil)
        }
    }

    @Test func aListenerToEverythingDoesNotStartACatchUp() async throws {
        let broker = try await Broker.start()
        let sniffer = try await broker.listener("")
        let watch = ReplayWatch([.sample(1)])
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            let ending = try await publisher.send(watch.job(wait: .milliseconds(500), namedOnly: true))
            #expect(ending == .noSubscriber)
            #expect(watch.state(of: 1) == nil)
        }
        sniffer.kill(SIGKILL)
    }

    @Test func readersOfRobotTopicsGetNothingOfAnyReplay() async throws {
        let broker = try await Broker.start()
        let navigator = try await broker.listener("motion.", "vision.", "vision.obstacle.enhanced", "voice.")
        let listener = try await broker.listener("replay", "telemetry.")
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            for prefix in ["", "replay.", "replay-vision.obstacle.enhanced/"] {
                let watch = ReplayWatch((1...50).map { .sample($0, topic: .vision) })
                let job = watch.job(topics: [.vision], prefix: try #require(ReplayTopicPrefix(prefix)))
                #expect(try await publisher.send(job) == .finished)
                #expect(watch.count(of: .brokerConfirmed) == 50)
                for _ in 0..<50 { try await listener.line(beginning: "2 \(prefix)telemetry.vision") }
            }
        }
        // What was published after the replays comes, and nothing before it.
        let robot = try ForeignProcess("say.py", [broker.input.address, "vision.obstacle.enhanced"])
        try await navigator.line(beginning: "ready")
        #expect(try await navigator.nextLine() == "2 vision.obstacle.enhanced {}")
        robot.kill(SIGKILL)
    }

    @Test func aReplayWhoseOnlyListenerLeavesWaitsAndGoesOnWithTheNextOne() async throws {
        let watch = ReplayWatch((1...60).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(listening())
        try await PublisherWatch().withRunning(publisher) {
            let first = try await listener(of: publisher, "telemetry.voice")
            async let ending = publisher.send(watch.job(rate: .perSecond(50)))
            await watch.report { $0.phase == .sending }
            try await first.line(beginning: "2 ")
            first.kill(SIGKILL)
            await watch.report { $0.phase == .waiting }
            let second = try await listener(of: publisher, "telemetry.voice")
            #expect(try await ending == .finished)
            let begin = try mark(in: try await second.line(beginning: "2 ")).seq
            for seq in (begin + 1)...60 { #expect(try mark(in: try await second.nextLine()).seq == seq) }
        }
    }

    @Test func aReplayWhoseListenerLeavesBeforeAnythingIsConfirmedBeginsAgain() async throws {
        let broker = try await Broker.start()
        let first = try await broker.listener("telemetry.voice")
        let watch = ReplayWatch((1...2000).map { .sample($0) })
        var configuration = configuration(broker)
        // Nobody is there: no probe ever comes back.
        configuration.confirmationEndpoint = .connect("127.0.0.1", port: 1)
        let publisher = try PublisherWatch().publisher(configuration)
        try await PublisherWatch().withRunning(publisher) {
            try await withThrowingTaskGroup(of: ReplayEnding.self) { group in
                group.addTask { try await publisher.send(watch.job(rate: .perSecond(50), position: 1000)) }
                #expect(try mark(in: try await first.line(beginning: "2 ")).seq == 1001)
                first.kill(SIGKILL)
                await watch.report { $0.phase == .waiting && $0.sent > 0 }
                #expect(watch.position == nil)
                let second = try await broker.listener("telemetry.voice")
                #expect(try mark(in: try await second.line(beginning: "2 ")).seq == 1001)
                group.cancelAll()
                #expect(try await group.next() == .stopped)
            }
        }
    }

    @Test func liveMessagesGoFirst() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.")
        let live = PublisherWatch()
        let publisher = try live.publisher(configuration(broker))
        let watch = ReplayWatch((1...100_000).map { .sample($0) })
        try await live.withRunning(publisher) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await publisher.send(watch.job(rate: .perSecond(500))) }
                await watch.report { $0.sent > 10 }
                publisher.submit((100_001...100_100).map { .sample($0, topic: .text) })
                await live.rows(100_001...100_100, reach: .brokerConfirmed)
                group.cancelAll()
                try await group.waitForAll()
            }
            // All of them came long before the replay's next hundred.
            var (replayed, seen) = (0, 0)
            while seen < 100 {
                let line = try await listener.line(beginning: "2 ")
                if try mark(in: line).replay == nil { seen += 1 } else if seen > 0 { replayed += 1 }
            }
            #expect(replayed < 50)
        }
    }

    @Test func aStoppedReplayGoesOnWhereNothingWasInDoubt() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.voice")
        let watch = ReplayWatch((1...2000).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            let ending = try await withThrowingTaskGroup(of: ReplayEnding.self) { group in
                group.addTask { try await publisher.send(watch.job(rate: .perSecond(1000))) }
                await watch.report { $0.sent >= 100 }
                group.cancelAll()
                return try await group.next()
            }
            #expect(ending == .stopped)
            let position = try #require(watch.position)
            #expect(watch.count(of: .brokerConfirmed) == Int(position), "what was sent is confirmed, none in doubt")
            #expect(position < 2000)
            #expect(try await publisher.send(watch.job(position: position)) == .finished)
            #expect(watch.count(of: .brokerConfirmed) == 2000)
            try await listener.line(beginning: "ready")
            for seq in 1...2000 { #expect(try mark(in: try await listener.nextLine()).seq == Int64(seq)) }
        }
    }

    @Test func aBrokerThatDiesOnTheWayLosesNothingForGood() async throws {
        let broker = try await Broker.start()
        let first = try await broker.listener("telemetry.voice")
        let watch = ReplayWatch((1...3000).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(configuration(broker))
        try await PublisherWatch().withRunning(publisher) {
            try await withThrowingTaskGroup(of: ReplayEnding.self) { group in
                group.addTask { try await publisher.send(watch.job(rate: .perSecond(2000))) }
                await watch.report { $0.sent >= 500 }
                broker.kill()
                first.kill(SIGKILL)
                await watch.report { $0.phase == .waiting }
                let next = try await broker.restart()
                let second = try await next.listener("telemetry.voice")
                #expect(try await group.next() == .finished)
                #expect(watch.count(of: .brokerConfirmed) == 3000)
                let position = try mark(in: try await second.line(beginning: "2 ")).seq
                #expect(position > 1, "it goes on where nothing was in doubt, not at the beginning")
                for seq in position + 1...3000 { #expect(try mark(in: try await second.nextLine()).seq == seq) }
            }
        }
    }

    @Test func aPlainSubscriberIsHandedEverythingAndConfirmsNothing() async throws {
        let watch = ReplayWatch((1...1000).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(listening())
        #expect(!publisher.confirms)
        try await PublisherWatch().withRunning(publisher) {
            let listener = try await listener(of: publisher, "telemetry.")
            #expect(try await publisher.send(watch.job()) == .finished)
            #expect(watch.count(of: .handedOff) == 1000)
            for seq in 1...1000 { #expect(try mark(in: try await listener.nextLine()).seq == Int64(seq)) }
        }
    }

    @Test func aPublisherThatEndsStopsItsReplayAndTakesNoMore() async throws {
        let watch = ReplayWatch((1...1000).map { .sample($0) })
        let publisher = try PublisherWatch().publisher(listening())
        let ending = try await withThrowingTaskGroup(of: ReplayEnding.self) { group in
            group.addTask { try await publisher.send(watch.job(wait: .seconds(3600))) }
            try await PublisherWatch().withRunning(publisher) { await watch.report { $0.phase == .waiting } }
            return try await group.next()
        }
        #expect(ending == .stopped)
        await #expect(throws: ReplayOutletClosed.self) { try await publisher.send(watch.job()) }
    }
}
