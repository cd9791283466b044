import RiderJournal
import RiderModel
import Testing

@testable import RiderPublisher

@Suite struct PublisherStateMachineTests {
    private static let second: UInt64 = 1_000_000_000
    private static let millisecond: UInt64 = 1_000_000
    private static let probeTopic = Array("rider.probe.test".utf8)

    private func machine(
        _ configure: (inout PublisherStateMachine.Configuration) -> Void = { _ in }
    ) -> PublisherStateMachine {
        var configuration = PublisherStateMachine.Configuration()
        configuration.settle = 100 * Self.millisecond
        configure(&configuration)
        return PublisherStateMachine(configuration: configuration, probeTopic: Self.probeTopic)
    }

    /// A machine whose link is up and settled at 1 s, with a listener to everything.
    private func readyMachine(
        hasProbe: Bool = false, listens: Bool = false, windowLimit: Int = 8192, subscribing prefix: String = ""
    ) -> PublisherStateMachine {
        var machine = machine {
            $0.hasProbe = hasProbe
            $0.listens = listens
            $0.windowLimit = windowLimit
        }
        machine.linkCameUp(lastSubmitted: .min, at: 0)
        machine.probeLinkChanged(isUp: true)
        _ = machine.take(notification: [1] + Array(prefix.utf8), at: 0)
        #expect(machine.decide(seq: 0, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
        return machine
    }

    private func send(
        _ seqs: ClosedRange<Int64>, of topic: TelemetryTopic = .voice, on machine: inout PublisherStateMachine,
        at now: UInt64
    ) {
        for seq in seqs {
            #expect(machine.decide(seq: seq, topic: topic, at: now) == .send(own: true, legacy: false))
            machine.sent(seq: seq, topic: topic, at: now)
        }
    }

    private func ranges(_ machine: inout PublisherStateMachine, at now: UInt64) -> [DeliveryRange] {
        machine.takeReport(at: now)?.ranges ?? []
    }

    // MARK: - Holding

    @Test func itIsKnownThatNobodyListensAsSoonAsSubscriptionsHaveHadTheirTime() {
        var machine = machine()
        machine.linkCameUp(lastSubmitted: .min, at: Self.second)
        let settled = Self.second + 100 * Self.millisecond
        #expect(machine.hasSubscribers(at: settled - 1) == nil)
        #expect(machine.deadline == settled, "somebody must look, also when there is nothing to send")
        machine.settle(at: settled)
        #expect(machine.hasSubscribers(at: settled) == false)
        #expect(machine.deadline == nil)
    }

    @Test func nothingIsDecidedWhileTheLinkIsDown() {
        var machine = machine()
        #expect(!machine.isLinkUp)
        #expect(machine.decide(seq: 1, topic: .voice, at: 0) == .hold(until: nil))
        #expect(machine.takeReport(at: .max) == nil, "the row stays journaled")
        #expect(machine.deadline == nil, "an idle publisher sleeps")
    }

    @Test func rowsWaitUntilSubscriptionsHaveHadTimeToArrive() {
        var machine = machine()
        machine.linkCameUp(lastSubmitted: .min, at: 1000)
        #expect(machine.decide(seq: 1, topic: .voice, at: 1000) == .hold(until: 1000 + 100 * Self.millisecond))
        _ = machine.take(notification: [1] + Array("telemetry.voice".utf8), at: 0)
        #expect(
            machine.decide(seq: 1, topic: .voice, at: 1000 + 99 * Self.millisecond) != .send(own: true, legacy: false))
        #expect(
            machine.decide(seq: 1, topic: .voice, at: 1000 + 100 * Self.millisecond) == .send(own: true, legacy: false))
    }

    @Test func fullSocketHoldsTheHeadOfTheLineAndIsTriedAgainEverMoreRarely() {
        var machine = readyMachine()
        var now = Self.second
        var waits: [UInt64] = []
        for _ in 0..<9 {
            machine.refused(at: now)
            guard case .hold(let until?) = machine.decide(seq: 1, topic: .voice, at: now) else {
                Issue.record("not held")
                return
            }
            waits.append((until - now) * 10 / Self.millisecond)
            now = until
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 80, 80], "tenths of a millisecond")
        send(1...1, on: &machine, at: now)
        machine.refused(at: now)
        #expect(machine.decide(seq: 2, topic: .voice, at: now) == .hold(until: now + Self.millisecond / 10))
    }

    @Test func rowsOfAnOutageGoOutAtAPaceAndNewOnesAtOnce() {
        var machine = machine { $0.catchUpPerSecond = 1000 }
        _ = machine.take(notification: [1], at: 0)
        machine.linkCameUp(lastSubmitted: 1000, at: 0)
        var now = Self.second
        var sent = 0
        for seq in Int64(1)...1000 {
            while case .hold(let until?) = machine.decide(seq: seq, topic: .text, at: now) { now = until }
            machine.sent(seq: seq, topic: .text, at: now)
            sent += 1
        }
        let elapsed = Double(now - Self.second) / 1e9
        #expect(sent == 1000)
        #expect(abs(elapsed - 0.8) < 0.01, "200 at once, 800 at 1,000 per second")
        send(1001...5000, of: .text, on: &machine, at: now)
    }

    @Test func aBurstOfResultsGoesOutAtThePaceThatABrokerPassesOn() {
        var machine = machine { $0.livePerSecond = 5000 }
        _ = machine.take(notification: [1], at: 0)
        machine.linkCameUp(lastSubmitted: .min, at: 0)
        var now = Self.second
        for seq in Int64(1)...1500 {
            while case .hold(let until?) = machine.decide(seq: seq, topic: .text, at: now) { now = until }
            machine.sent(seq: seq, topic: .text, at: now)
        }
        let elapsed = Double(now - Self.second) / 1e9
        #expect(abs(elapsed - 0.2) < 0.01, "500 at once, 1,000 at 5,000 per second")
    }

    @Test func undeliveredRowsOfAnOutageNeedNoPace() {
        var machine = machine()
        machine.linkCameUp(lastSubmitted: 10_000, at: 0)
        for seq in Int64(1)...10_000 {
            #expect(machine.decide(seq: seq, topic: .text, at: Self.second) == .undelivered)
        }
        #expect(ranges(&machine, at: 2 * Self.second) == [.init(first: 1, last: 10_000, state: .noSubscriber)])
    }

    // MARK: - Subscribers

    @Test func prefixesDecideWhoIsReached() {
        var machine = readyMachine(subscribing: "telemetry.vo")
        #expect(machine.decide(seq: 1, topic: .vision, at: Self.second) == .undelivered)
        #expect(machine.decide(seq: 2, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
        _ = machine.take(notification: [1] + Array("telemetry.vision.more".utf8), at: 0)
        #expect(machine.decide(seq: 2, topic: .vision, at: Self.second) == .undelivered)
        _ = machine.take(notification: [1] + Array("telemetry.".utf8), at: 0)
        #expect(machine.decide(seq: 2, topic: .vision, at: Self.second) == .send(own: true, legacy: false))
        _ = machine.take(notification: [0] + Array("telemetry.vo".utf8), at: 0)
        #expect(machine.decide(seq: 2, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
        _ = machine.take(notification: [0] + Array("telemetry.".utf8), at: 0)
        #expect(machine.decide(seq: 2, topic: .voice, at: Self.second) == .undelivered)
    }

    @Test func nonsenseFromAListenerChangesNothing() {
        var machine = readyMachine()
        for bytes in [[], [2], [255, 1, 2], Array("hello".utf8)] as [[UInt8]] {
            #expect(machine.take(notification: bytes, at: 0) == .nothing)
        }
        _ = machine.take(notification: [0] + Array("telemetry.voice".utf8), at: 0)
        _ = machine.take(notification: [0], at: 0)
        _ = machine.take(notification: [0], at: 0)
        _ = machine.take(notification: [1], at: 0)
        #expect(machine.decide(seq: 1, topic: .voice, at: Self.second) == .send(own: true, legacy: false))
    }

    @Test func oldListenersGetTheOldTopicOnlyWhenAsked() {
        for isAsked in [false, true] {
            var machine = machine { $0.legacyTopic = isAsked }
            machine.linkCameUp(lastSubmitted: .min, at: 0)
            _ = machine.take(notification: [1] + Array("telemetry.task.completed".utf8), at: 0)
            #expect(
                machine.decide(seq: 1, topic: .text, at: Self.second)
                    == (isAsked ? .send(own: false, legacy: true) : .undelivered))
            #expect(machine.decide(seq: 2, topic: .metrics, at: Self.second) == .undelivered, "no task behind it")
            _ = machine.take(notification: [1], at: 0)
            #expect(machine.decide(seq: 3, topic: .text, at: Self.second) == .send(own: true, legacy: isAsked))
        }
    }

    // MARK: - Delivery states

    @Test func statesAreReportedAsRunsAfterTheFlushInterval() {
        var machine = readyMachine(listens: true, subscribing: "telemetry.voice")
        #expect(machine.takeNewTopics(at: Self.second) == [.voice])
        send(1...5, on: &machine, at: Self.second)
        #expect(machine.decide(seq: 6, topic: .text, at: Self.second) == .undelivered)
        #expect(machine.decide(seq: 7, topic: .text, at: Self.second) == .undelivered)
        send(8...9, on: &machine, at: Self.second)
        #expect(machine.deadline == Self.second + 250 * Self.millisecond)
        #expect(machine.takeReport(at: Self.second) == nil)
        let report = machine.takeReport(at: 2 * Self.second)
        var states: [Int64: DeliveryState] = [:]
        for range in report?.ranges ?? [] { for seq in range.first...range.last { states[seq] = range.state } }
        #expect(states.filter { $0.value == .handedOff }.keys.sorted() == [1, 2, 3, 4, 5, 8, 9])
        #expect(states.filter { $0.value == .noSubscriber }.keys.sorted() == [6, 7])
        #expect(report?.ranges.count == 3)
        #expect(report?.counts[.init(topic: .voice, state: .handedOff)] == 7)
        #expect(report?.counts[.init(topic: .text, state: .noSubscriber)] == 2)
        #expect(machine.deadline == nil)
        #expect(machine.takeReport(at: .max) == nil, "every row is reported once")
    }

    @Test func gapInTheNumbersEndsARun() {
        var report = DeliveryReport()
        for seq in [1, 2, 4, 5] as [Int64] { report.note(seq, .handedOff) }
        #expect(
            report.ranges == [.init(first: 1, last: 2, state: .handedOff), .init(first: 4, last: 5, state: .handedOff)])
    }

    @Test func manyRunsAreReportedBeforeTheInterval() {
        var machine = readyMachine(listens: true)
        for seq in stride(from: Int64(1), to: 1200, by: 2) {
            machine.unsendable(seq: seq, topic: .voice, at: Self.second)
        }
        #expect(machine.takeReport(at: Self.second)?.ranges.count == 600)
    }

    @Test func rowThatCannotBeSentIsNotPublished() {
        var machine = readyMachine()
        machine.unsendable(seq: 3, topic: .voice, at: Self.second)
        #expect(ranges(&machine, at: 2 * Self.second) == [.init(first: 3, last: 3, state: .notPublished)])
    }

    @Test func lostLinkMakesRecentRowsUncertainAndLeavesOldOnesHandedOff() {
        var machine = readyMachine()
        send(1...3, on: &machine, at: Self.second)
        send(4...6, on: &machine, at: 10 * Self.second)
        machine.linkWentDown(at: 11 * Self.second)
        #expect(
            ranges(&machine, at: 12 * Self.second) == [
                .init(first: 1, last: 3, state: .handedOff), .init(first: 4, last: 6, state: .uncertain),
            ])
        #expect(machine.decide(seq: 7, topic: .voice, at: 12 * Self.second) == .hold(until: nil))
    }

    @Test func reportedRowsBecomeUncertainAfterwards() {
        var machine = readyMachine()
        send(1...3, on: &machine, at: Self.second)
        #expect(ranges(&machine, at: 2 * Self.second) == [.init(first: 1, last: 3, state: .handedOff)])
        machine.linkWentDown(at: 2 * Self.second)
        #expect(ranges(&machine, at: 3 * Self.second) == [.init(first: 1, last: 3, state: .uncertain)])
    }

    @Test func listenerThatLeftDuringASendPutsOnlyThatRowInDoubt() {
        var machine = readyMachine(hasProbe: true, subscribing: "telemetry.voice")
        send(1...2, on: &machine, at: Self.second)
        machine.doubtLastSent(at: Self.second)
        #expect(machine.takeReport(at: Self.second) == nil, "someone still listens")
        _ = machine.take(notification: [0] + Array("telemetry.voice".utf8), at: 0)
        machine.doubtLastSent(at: Self.second)
        #expect(
            ranges(&machine, at: 2 * Self.second) == [
                .init(first: 2, last: 2, state: .uncertain), .init(first: 1, last: 1, state: .handedOff),
            ])
    }

    // MARK: - Probe

    @Test func returnedProbeConfirmsWhatWasSentBeforeItAndNothingElse() throws {
        var machine = readyMachine(hasProbe: true)
        send(1...5, on: &machine, at: Self.second)
        let probe = try #require(machine.probeDue(at: Self.second), "a burst is followed by a probe at once")
        machine.probeSent(probe, at: Self.second)
        send(6...7, on: &machine, at: Self.second)
        machine.probeReturned(probe, at: Self.second)
        #expect(machine.lastConfirmedSeq == 5)
        #expect(machine.lastSentSeq == 7)
        #expect(
            ranges(&machine, at: 2 * Self.second) == [
                .init(first: 1, last: 5, state: .brokerConfirmed), .init(first: 6, last: 7, state: .handedOff),
            ])
        machine.linkWentDown(at: 100 * Self.second)
        #expect(ranges(&machine, at: 101 * Self.second) == [.init(first: 6, last: 7, state: .uncertain)], "however old")
    }

    @Test func probesComeAtMostEveryIntervalAndMoreRarelyWhileUnanswered() throws {
        var machine = readyMachine(hasProbe: true)
        send(1...1, on: &machine, at: Self.second)
        var now = Self.second
        var waits: [UInt64] = []
        for _ in 0..<8 {
            let probe = try #require(machine.probeDue(at: now))
            machine.probeSent(probe, at: now)
            #expect(machine.probeDue(at: now) == nil)
            var later = now
            while machine.probeDue(at: later) == nil { later += Self.millisecond }
            waits.append((later - now) / Self.millisecond)
            now = later
        }
        #expect(waits == [50, 100, 200, 400, 800, 1000, 1000, 1000])
        machine.probeReturned(8, at: now)
        #expect(machine.probeDue(at: now + Self.second) == nil, "nothing is unconfirmed")
        send(2...2, on: &machine, at: now + Self.second)
        #expect(machine.probeDue(at: now + Self.second) == 9)
    }

    @Test func noProbeWithoutAWayBack() {
        var machine = readyMachine(hasProbe: true, subscribing: "telemetry.")
        send(1...1, on: &machine, at: Self.second)
        #expect(machine.probeDue(at: 2 * Self.second) == nil, "the broker does not know the probe's topic yet")
        _ = machine.take(notification: [1] + Self.probeTopic, at: 0)
        machine.probeLinkChanged(isUp: false)
        #expect(machine.probeDue(at: 2 * Self.second) == nil, "nobody would hear it come back")
        machine.probeLinkChanged(isUp: true)
        #expect(machine.probeDue(at: 2 * Self.second) == 1)
    }

    @Test func probeOfAnEarlierLinkConfirmsNothing() {
        var machine = readyMachine(hasProbe: true)
        send(1...1, on: &machine, at: Self.second)
        machine.probeSent(1, at: Self.second)
        machine.linkWentDown(at: Self.second)
        machine.linkCameUp(lastSubmitted: 1, at: 2 * Self.second)
        send(2...2, on: &machine, at: 3 * Self.second)
        machine.probeReturned(1, at: 3 * Self.second)
        machine.probeReturned(77, at: 3 * Self.second)
        #expect(machine.lastConfirmedSeq == nil)
        let ranges = ranges(&machine, at: 4 * Self.second)
        #expect(ranges == [.init(first: 1, last: 1, state: .uncertain), .init(first: 2, last: 2, state: .handedOff)])
    }

    @Test func rememberedRowsAreBounded() {
        var machine = readyMachine(hasProbe: true, windowLimit: 10)
        send(1...25, on: &machine, at: Self.second)
        machine.linkWentDown(at: Self.second)
        #expect(
            ranges(&machine, at: 2 * Self.second) == [
                .init(first: 1, last: 15, state: .handedOff), .init(first: 16, last: 25, state: .uncertain),
            ])
    }

    // MARK: - End

    @Test func unconfirmedRowsAreUncertainAtTheEnd() {
        var machine = readyMachine(hasProbe: true)
        send(1...2, on: &machine, at: Self.second)
        #expect(machine.awaitsConfirmation)
        #expect(machine.stop(at: Self.second)?.ranges == [.init(first: 1, last: 2, state: .uncertain)])
        #expect(machine.stop(at: Self.second) == nil)
    }

    @Test func withoutAProbeTheyStayHandedOff() {
        var machine = readyMachine()
        send(1...2, on: &machine, at: Self.second)
        #expect(!machine.awaitsConfirmation)
        #expect(machine.stop(at: Self.second)?.ranges == [.init(first: 1, last: 2, state: .handedOff)])
    }
}
