import RiderJournal
import RiderModel
import Testing

@testable import RiderPublisher

/// What the state machine knows of replays beside live messages.
@Suite struct ReplayLaneTests {
    private static let second: UInt64 = 1_000_000_000
    private static let probeTopic = Array("rider.probe.test".utf8)
    private static let names: [TelemetryTopic: [UInt8]] = [
        .voice: Array("telemetry.voice".utf8), .text: Array("replay.telemetry.text".utf8),
    ]

    private func subscribe(_ prefix: String, on machine: inout PublisherStateMachine, at now: UInt64 = 0) {
        _ = machine.take(notification: [1] + Array(prefix.utf8), at: now)
    }

    /// A machine whose link is up at 1 s, with a broker that answers probes.
    private func machine(namedOnly: Bool = false, subscribing prefixes: String...) -> PublisherStateMachine {
        var configuration = PublisherStateMachine.Configuration()
        configuration.hasProbe = true
        var machine = PublisherStateMachine(configuration: configuration, probeTopic: Self.probeTopic)
        machine.begin(at: 0)
        machine.linkCameUp(lastSubmitted: .min, at: 0)
        machine.probeLinkChanged(isUp: true)
        for prefix in prefixes + ["rider.probe."] { subscribe(prefix, on: &machine) }
        machine.beginReplay(Self.names, namedOnly: namedOnly, at: 0)
        return machine
    }

    private func sendReplay(_ seqs: ClosedRange<Int64>, on machine: inout PublisherStateMachine, at now: UInt64) {
        for seq in seqs {
            #expect(machine.decideReplay(seq: seq, topic: .voice, at: now) == .send(own: true, legacy: false))
            machine.sent(seq: seq, topic: .voice, lane: .replay, at: now)
        }
    }

    private func confirmAll(_ machine: inout PublisherStateMachine, at now: UInt64) throws {
        let number = try #require(machine.probeDue(at: now + Self.second))
        machine.probeSent(number, at: now)
        machine.probeReturned(number, at: now + 5)
    }

    @Test func oneProbeConfirmsBothLanesAndEachIsReportedForItself() throws {
        var machine = machine(subscribing: "telemetry.")
        sendReplay(1...3, on: &machine, at: Self.second)
        #expect(machine.decide(seq: 90, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
        machine.sent(seq: 90, topic: .voice, at: Self.second)
        sendReplay(4...5, on: &machine, at: Self.second)
        #expect(machine.replayUnconfirmed == 5)
        try confirmAll(&machine, at: Self.second)
        #expect(machine.replayUnconfirmed == 0)
        let report = try #require(machine.takeReport(at: 9 * Self.second))
        #expect(report.ranges == [DeliveryRange(first: 90, last: 90, state: .brokerConfirmed)])
        #expect(report.replayed == [DeliveryRange(first: 1, last: 5, state: .brokerConfirmed)])
        #expect(report.position == 5)
        #expect(report.counts[.init(topic: .voice, state: .handedOff)] == 1)
        #expect(report.replayCounts[.init(topic: .voice, state: .brokerConfirmed)] == 5)
        #expect(machine.lastConfirmedSeq == 90, "of live messages")
    }

    @Test func whatIsLostWithTheLinkIsSentOnceMoreFromWhereNothingWasInDoubt() throws {
        var machine = machine(subscribing: "telemetry.")
        sendReplay(1...3, on: &machine, at: Self.second)
        try confirmAll(&machine, at: Self.second)
        sendReplay(4...6, on: &machine, at: 2 * Self.second)
        machine.linkWentDown(at: 3 * Self.second)
        #expect(machine.replayIsReached(at: 3 * Self.second) == nil)
        let report = try #require(machine.takeReport(at: 9 * Self.second))
        #expect(report.replayed.last == DeliveryRange(first: 4, last: 6, state: .uncertain))
        #expect(report.position == 3)
        let behind = machine.rewindReplay()
        #expect(behind.position == 3)
        #expect(behind.rows == 3)
        #expect(!machine.replayIsInDoubt)
    }

    @Test func aReplayNeverFillsTheWindowBeyondWhatCanBeConfirmed() throws {
        var machine = machine(subscribing: "telemetry.")
        sendReplay(1...4096, on: &machine, at: Self.second)
        #expect(machine.decideReplay(seq: 4097, topic: .voice, at: Self.second) == .hold(until: nil))
        #expect(machine.decide(seq: 90, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
        try confirmAll(&machine, at: Self.second)
        #expect(machine.decideReplay(seq: 4097, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
    }

    @Test func manyRowsBringAProbeWhateverTheInterval() throws {
        var machine = machine(subscribing: "telemetry.")
        sendReplay(1...1, on: &machine, at: Self.second)
        let first = try #require(machine.probeDue(at: Self.second))
        machine.probeSent(first, at: Self.second)
        sendReplay(2...512, on: &machine, at: Self.second)
        #expect(machine.probeDue(at: Self.second) == nil)
        sendReplay(513...513, on: &machine, at: Self.second)
        #expect(machine.probeDue(at: Self.second) == first + 1)
    }

    @Test func topicsThatNobodyHearsAreNotSent() throws {
        var machine = machine(subscribing: "telemetry.")
        #expect(machine.decideReplay(seq: 1, topic: .text, at: Self.second) == .undelivered)
        subscribe("replay.", on: &machine, at: Self.second)
        #expect(machine.decideReplay(seq: 2, topic: .text, at: Self.second) == .send(own: true, legacy: false))
        let report = try #require(machine.takeReport(at: 9 * Self.second))
        #expect(report.replayed == [DeliveryRange(first: 1, last: 1, state: .noSubscriber)])
    }

    @Test func subscriptionsFromBeforeCountForTopicsThatAreWatchedLater() {
        var machine = machine(subscribing: "replay.telemetry.t")
        #expect(machine.replayIsReached(at: Self.second) != nil)
        machine.endReplay(at: Self.second)
        #expect(machine.replayIsReached(at: Self.second) == nil)
    }

    @Test func aListenerToEverythingIsEnoughForAReplayAndNotForACatchUp() {
        #expect(machine(subscribing: "").replayIsReached(at: Self.second) != nil)
        #expect(machine(namedOnly: true, subscribing: "").replayIsReached(at: Self.second) == nil)
        #expect(machine(namedOnly: true, subscribing: "", "telemetry.v").replayIsReached(at: Self.second) != nil)
    }

    @Test func newListenersAreToldOncePerComingOfTheLink() {
        var machine = machine(subscribing: "", "telemetry.voice")
        #expect(machine.takeNewTopics(at: 1000).isEmpty, "those that come together are told together")
        subscribe("telemetry.text", on: &machine, at: 1000)
        #expect(machine.takeNewTopics(at: Self.second) == [.voice, .text])
        #expect(machine.takeNewTopics(at: 2 * Self.second).isEmpty)
        machine.linkWentDown(at: 3 * Self.second)
        machine.linkCameUp(lastSubmitted: .min, at: 4 * Self.second)
        subscribe("telemetry.voice", on: &machine, at: 4 * Self.second)
        #expect(machine.takeNewTopics(at: 5 * Self.second) == [.voice, .text])
    }

    @Test func onlyALinkThatWasDownForLongHadAnOutage() {
        var machine = machine(subscribing: "telemetry.")
        machine.linkWentDown(at: 10 * Self.second)
        #expect(!machine.linkCameUp(lastSubmitted: 1, at: 10 * Self.second + Self.second / 2))
        machine.linkWentDown(at: 20 * Self.second)
        #expect(machine.linkCameUp(lastSubmitted: 1, at: 21 * Self.second))
    }
}
