import Foundation
import RiderBus
import RiderJournal
import RiderModel
import Synchronization
import TestSupport
import Testing

@testable import RiderPublisher

/// The publisher against real processes: a broker of the robot's kind and listeners, both in Python.
@Suite(.timeLimit(.minutes(1))) struct TelemetryPublisherTests {
    private func configuration(_ broker: Broker) -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration(
            publisherID: "test", endpoint: broker.input, confirmationEndpoint: broker.output)
        configuration.deliveryFlushMilliseconds = 20
        // However slow the machine: what waits goes out itself, and is no catch-up's.
        configuration.outageMilliseconds = 3_600_000
        return configuration
    }

    private func listening() -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration(publisherID: "test", endpoint: .bind("127.0.0.1", port: 0))
        configuration.deliveryFlushMilliseconds = 20
        return configuration
    }

    /// The numbers in the mark of a listener's line.
    private func seq(in line: String) throws -> Int64 {
        let parts = line.split(separator: " ", maxSplits: 2)
        #expect(parts.first == "2", "robot readers unpack exactly two frames")
        let body = try JSONValue(parsing: String(try #require(parts.last)))
        return Int64(try #require(body["_rider"]?["seq"]?.int))
    }

    // MARK: - Through a broker

    @Test func messagesReachAListenerInTwoFramesWithTheirNumbers() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.voice")
        let watch = PublisherWatch()
        let publisher = try watch.publisher(configuration(broker))
        try await watch.withRunning(publisher) {
            publisher.submit([.sample(1), .sample(2, topic: .text), .sample(3)])
            try await listener.line(beginning: "ready")
            #expect(
                try await listener.nextLine()
                    == #"2 telemetry.voice {"task_id":"t","_rider":{"pub":"test","seq":1,"tseq":1,"ts":1763035207.001}}"#
            )
            #expect(try seq(in: try await listener.nextLine()) == 3)
            await watch.rows(1...1, reach: .brokerConfirmed)
            await watch.rows(2...2, reach: .noSubscriber)
            await watch.rows(3...3, reach: .brokerConfirmed)
        }
    }

    @Test func brokerThatDiesLeavesRowsJournaledAndTheNextOneGetsThemInOrder() async throws {
        let broker = try await Broker.start()
        let first = try await broker.listener("telemetry.")
        let watch = PublisherWatch()
        let publisher = try watch.publisher(configuration(broker))
        try await watch.withRunning(publisher) {
            publisher.submit([.sample(1)])
            #expect(await watch.nextLinkChange()?.isUp == true)
            await watch.rows(1...1, reach: .brokerConfirmed)
            broker.kill()
            let outage = await watch.nextLinkChange()
            #expect(outage?.isUp == false)
            #expect(outage?.lastConfirmedSeq == 1)
            #expect(outage?.lastConfirmedAt != nil)
            #expect(outage?.firstRowAtRisk == nil)
            #expect(outage?.isFrozen == false)
            #expect(!publisher.isLinkUp)

            publisher.submit((2...500).map { .sample($0) })
            first.kill(SIGKILL)
            let next = try await broker.restart()
            let second = try await next.listener("telemetry.")
            #expect(await watch.nextLinkChange()?.isUp == true)
            await watch.rows(2...500) { $0 == .brokerConfirmed || $0 == .noSubscriber }
            publisher.submit((501...600).map { .sample($0) })
            await watch.rows(501...600, reach: .brokerConfirmed)

            // What was confirmed is at the listener, all of it, in order and once; nothing else is.
            let confirmed = (Int64(2)...600).filter { watch.state(of: $0) == .brokerConfirmed }
            try await second.line(beginning: "ready")
            for expected in confirmed { #expect(try seq(in: try await second.nextLine()) == expected) }
        }
    }

    @Test func frozenBrokerIsNoticedAndItsUnconfirmedRowsAreUncertain() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.")
        let watch = PublisherWatch()
        let publisher = try watch.publisher(configuration(broker))
        try await watch.withRunning(publisher) {
            publisher.submit([.sample(1)])
            #expect(await watch.nextLinkChange()?.isUp == true)
            await watch.rows(1...1, reach: .brokerConfirmed)
            broker.freeze()
            publisher.submit([.sample(2), .sample(3)])
            let outage = await watch.nextLinkChange()
            #expect(outage?.isUp == false)
            #expect(outage?.lastConfirmedSeq == 1)
            #expect(outage?.lastSentSeq == 3)
            #expect(outage?.firstRowAtRisk == 2)
            #expect(outage?.isFrozen == true)
            await watch.rows(2...3, reach: .uncertain)
            publisher.submit([.sample(4)])
            broker.thaw()
            #expect(await watch.nextLinkChange()?.isUp == true)
            await watch.rows(4...4) { $0 == .brokerConfirmed || $0 == .noSubscriber }
            #expect(watch.state(of: 2) == .uncertain)
        }
        listener.kill(SIGKILL)
    }

    @Test func whatDidNotFitInMemoryComesFromTheJournalOnceAndInOrder() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.")
        broker.freeze()
        let watch = PublisherWatch()
        var configuration = configuration(broker)
        configuration.bufferMessages = 10
        configuration.catchUpPerSecond = 0
        let publisher = try watch.publisher(configuration)
        let records = (Int64(1)...900).map { JournalRecord.sample($0) }
        watch.journal.withLock { $0 = records }
        try await watch.withRunning(publisher) {
            for batch in stride(from: 0, to: 900, by: 30) { publisher.submit(Array(records[batch..<(batch + 30)])) }
            #expect(publisher.waiting <= 10)
            broker.thaw()
            try await listener.line(beginning: "ready")
            for expected in Int64(1)...900 { #expect(try seq(in: try await listener.nextLine()) == expected) }
            await watch.rows(1...900, reach: .brokerConfirmed)
        }
    }

    @Test func oldListenersGetACopyWithoutNumbers() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.task.completed")
        let watch = PublisherWatch()
        var configuration = configuration(broker)
        configuration.legacyTopic = true
        let publisher = try watch.publisher(configuration)
        try await watch.withRunning(publisher) {
            publisher.submit([.sample(1)])
            try await listener.line(beginning: "ready")
            #expect(try await listener.nextLine() == #"2 telemetry.task.completed {"task_id":"t"}"#)
            await watch.rows(1...1, reach: .brokerConfirmed)
        }
    }

    @Test func resultThatCannotBeMadeSmallEnoughIsMarkedAndTheNextOneGoesOut() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.")
        let watch = PublisherWatch()
        var configuration = configuration(broker)
        configuration.maxMessageBytes = 1000
        let publisher = try watch.publisher(configuration)
        try await watch.withRunning(publisher) {
            publisher.submit([
                .sample(1, body: Array(#"{"a":"\#(String(repeating: "a", count: 2000))"}"#.utf8)), .sample(2),
            ])
            try await listener.line(beginning: "ready")
            #expect(try seq(in: try await listener.nextLine()) == 2)
            await watch.rows(1...1, reach: .notPublished)
        }
    }

    // MARK: - Listening

    @Test func listenerThatDoesNotReadLosesNothing() async throws {
        let watch = PublisherWatch()
        var configuration = listening()
        configuration.settleMilliseconds = 0
        configuration.maxMessageBytes = 1_000_000
        // A busy machine may keep the listener from answering: that is another test's.
        configuration.heartbeatTimeoutMilliseconds = 60_000
        let publisher = try watch.publisher(configuration)
        let body = Array(#"{"text":"\#(String(repeating: "a", count: 10_000))"}"#.utf8)
        try await watch.withRunning(publisher) {
            #expect(await watch.nextLinkChange()?.isUp == true)
            let listener = try ForeignProcess(
                "listener.py", [try #require(publisher.openAddress), "telemetry."], environment: ["LISTENER_WAITS": "1"]
            )
            try await listener.line(beginning: "ready")
            // Which row is the first that finds the subscription is up to the listener.
            var seq: Int64 = 0
            repeat {
                seq += 1
                publisher.submit([.sample(seq)])
                await watch.rows(seq...seq) { _ in true }
            } while watch.state(of: seq) == .noSubscriber
            let first = seq

            let last = first + 2000
            publisher.submit(((first + 1)...last).map { .sample($0, body: body) })
            try listener.write("go")
            for expected in first...last { #expect(try self.seq(in: try await listener.nextLine()) == expected) }
            await watch.rows(first...last, reach: .handedOff)
        }
    }

    @Test func portThatIsTakenIsAnErrorOfRun() async throws {
        let watch = PublisherWatch()
        let publisher = try watch.publisher(listening())
        try await watch.withRunning(publisher) {
            #expect(await watch.nextLinkChange()?.isUp == true)
            let port = try Endpoint(parsing: try #require(publisher.openAddress)).port
            let second = try PublisherWatch().publisher(
                TelemetryConfiguration(publisherID: "other", endpoint: .bind("127.0.0.1", port: port)))
            await #expect(throws: ZeroMQError.self) { try await second.run() }
        }
    }

    // MARK: - End

    @Test func whatIsUnsentAtTheEndStaysJournaled() async throws {
        let watch = PublisherWatch()
        let publisher = try watch.publisher(
            TelemetryConfiguration(publisherID: "test", endpoint: .connect("127.0.0.1", port: 1)))
        try await watch.withRunning(publisher) { publisher.submit((1...100).map { .sample($0) }) }
        #expect((Int64(1)...100).allSatisfy { watch.state(of: $0) == nil })
    }

    @Test func whatCanBeSentAtTheEndIsSentAndConfirmed() async throws {
        let broker = try await Broker.start()
        let listener = try await broker.listener("telemetry.")
        let watch = PublisherWatch()
        var configuration = configuration(broker)
        configuration.stopLingerMilliseconds = 20_000
        let publisher = try watch.publisher(configuration)
        try await watch.withRunning(publisher) {
            #expect(await watch.nextLinkChange()?.isUp == true)
            publisher.submit((1...300).map { .sample($0) })
        }
        await watch.rows(1...300, reach: .brokerConfirmed)
        try await listener.line(beginning: "ready")
        for expected in Int64(1)...300 { #expect(try seq(in: try await listener.nextLine()) == expected) }
    }
}
