import Logging
import RiderModel
import TestSupport
import Testing

@testable import RiderJournal

private func at(_ milliseconds: Int64) -> UnixTime { UnixTime(milliseconds: milliseconds) }

private func signal(
    _ time: Int64, isUp: Bool, frozen: Bool = false, listeners: Bool? = nil, sent: Int64? = nil, atRisk: Int64? = nil,
    confirmed: Int64? = nil
) -> OutageStateMachine.Signal {
    var signal = OutageStateMachine.Signal(at: at(time), isUp: isUp)
    signal.isFrozen = frozen
    signal.hasSubscribers = listeners
    signal.lastSentSeq = sent
    signal.firstRowAtRisk = atRisk
    signal.lastConfirmedAt = confirmed.map(at)
    return signal
}

private func begin(
    _ cause: Outage.Cause, _ begun: Int64, noticed: Int64? = nil, after: Int64
) -> OutageStateMachine.Action {
    .begin(.init(cause: cause, begunAt: at(begun), noticedAt: at(noticed ?? begun), afterSeq: after))
}

@Suite struct OutageStateMachineTests {
    @Test func anOutageBeginsWithTheLastConfirmedMessageWhenRowsWereOnTheirWay() {
        var machine = OutageStateMachine(lastSeq: 0)
        #expect(machine.take(signal(100, isUp: true)) == [])
        #expect(machine.take(signal(300, isUp: true, listeners: true)) == [])
        #expect(
            machine.take(signal(2_000, isUp: false, sent: 20, atRisk: 16, confirmed: 1_900))
                == [begin(.linkDown, 1_900, noticed: 2_000, after: 15)])
        #expect(machine.take(signal(5_000, isUp: true)) == [.end(at: at(5_000))])
        #expect(machine.cause == nil)
    }

    @Test func withNothingOnItsWayItBeginsWhenItIsNoticed() {
        var machine = OutageStateMachine(lastSeq: 7)
        _ = machine.take(signal(100, isUp: true, listeners: true))
        #expect(
            machine.take(signal(9_000, isUp: false, sent: 20, confirmed: 200)) == [begin(.linkDown, 9_000, after: 20)])
    }

    @Test func aSilentBrokerIsFrozenAlsoWhenItsConnectionBreaksLater() {
        var machine = OutageStateMachine(lastSeq: 0)
        _ = machine.take(signal(100, isUp: true, listeners: true))
        #expect(
            machine.take(signal(4_000, isUp: true, frozen: true, listeners: true, sent: 9, atRisk: 5, confirmed: 900))
                == [begin(.frozen, 900, noticed: 4_000, after: 4)])
        #expect(machine.take(signal(5_000, isUp: false, sent: 9)) == [])
        #expect(machine.take(signal(6_000, isUp: true, listeners: true)) == [.end(at: at(6_000))])
    }

    @Test func aPeerThatTakesConnectionsAndSaysNothingTurnsADownLinkIntoAFrozenOne() {
        var machine = OutageStateMachine(lastSeq: 0)
        _ = machine.take(signal(100, isUp: true, listeners: true))
        _ = machine.take(signal(200, isUp: false))
        #expect(machine.take(signal(1_300, isUp: false, frozen: true)) == [.rename(.frozen)])
    }

    @Test func nobodyListeningIsAStateOfItsOwn() {
        var machine = OutageStateMachine(lastSeq: 0)
        #expect(machine.take(signal(0, isUp: true)) == [], "subscriptions may be on their way")
        #expect(machine.take(signal(200, isUp: true, listeners: false)) == [begin(.noSubscriber, 200, after: 0)])
        #expect(machine.take(signal(900, isUp: true, listeners: true, sent: 3)) == [.end(at: at(900))])
        _ = machine.take(signal(1_000, isUp: true, listeners: false, sent: 8))
        machine.ended(through: 12)
        // The next one begins behind what the last one ended with, although nothing was sent since.
        #expect(
            machine.take(signal(2_000, isUp: false, sent: 8))
                == [.end(at: at(2_000)), begin(.linkDown, 2_000, after: 12)])
    }

    @Test func aLinkThatIsBeingBuiltIsNoOutageUntilTheStartHasPassed() {
        var quick = OutageStateMachine(lastSeq: 5)
        #expect(quick.take(signal(0, isUp: false)) == [])
        #expect(quick.take(signal(50, isUp: true)) == [])
        #expect(quick.startHasPassed() == [])

        var away = OutageStateMachine(lastSeq: 5)
        _ = away.take(signal(0, isUp: false))
        #expect(away.startHasPassed() == [begin(.linkDown, 0, after: 5)])
        #expect(away.stop(at: at(80)) == [.end(at: at(80))])
        #expect(away.stop(at: at(90)) == [])
    }
}

@Suite struct OutageTests {
    private let place = TemporaryJournal()
    private let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func record(
        _ journal: Journal, _ cause: Outage.Cause, after: Int64, rows: Int, _ range: ClosedRange<Int64> = 0...1
    ) async throws -> Outage {
        let id = try await journal.beginOutage(
            .init(cause: cause, begunAt: at(range.lowerBound), noticedAt: at(range.lowerBound), afterSeq: after))
        if rows > 0 { _ = try await journal.append((0..<rows).map { _ in entry() }) }
        return try await journal.endOutage(id, at: at(range.upperBound))
    }

    @Test func anOutageCountsItsRowsWhileItLastsAndWhenItHasEnded() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<10).map { _ in entry() })
            let id = try await journal.beginOutage(
                .init(cause: .linkDown, begunAt: at(500), noticedAt: at(600), afterSeq: 8))
            _ = try await journal.append((0..<5).map { _ in entry() })
            journal.recordAcknowledged(upTo: 12, superseded: [12])
            let open = try #require(try await journal.reader.outages().first)
            #expect(open.endedAt == nil)
            #expect(open.throughSeq == 15)
            try await journal.renameOutage(id, .frozen)
            let ended = try await journal.endOutage(id, at: at(900))
            #expect(ended.cause == .frozen)
            #expect(ended.rows == 6)
            #expect(ended.endedAt == at(900))
            _ = try await journal.append([entry()])
            let kept = try #require(try await journal.reader.outages().first)
            #expect(kept == ended)
        }
    }

    @Test func listsPageAndBeginWhereTheyAreAskedTo() async throws {
        try await place.use { journal in
            for number in Int64(0)..<5 {
                _ = try await record(journal, .linkDown, after: 0, rows: 0, (number * 100)...(number * 100 + 10))
            }
            let newest = try await journal.reader.outages(limit: 2)
            #expect(newest.map(\.id) == [5, 4])
            #expect(try await journal.reader.outages(before: 4, limit: 2).map(\.id) == [3, 2])
            #expect(try await journal.reader.outages(since: at(205)).map(\.id) == [5, 4, 3])
        }
    }

    @Test func onlySoManyAreRemembered() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.maxOutages = 3
        try await place.use(configuration) { journal in
            for _ in 0..<6 { _ = try await record(journal, .linkDown, after: 0, rows: 0) }
            #expect(try await journal.reader.outages().map(\.id) == [6, 5, 4])
        }
    }

    @Test func theLastOutageReachesBackToTheLastRowThatArrived() async throws {
        try await place.use { journal in
            #expect(try await journal.reader.lastOutage() == nil)
            _ = try await journal.append((0..<10).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 10, state: .brokerConfirmed)])
            _ = try await record(journal, .linkDown, after: 10, rows: 5, 1_000...2_000)
            _ = try await record(journal, .processDown, after: 15, rows: 0, 2_000...3_000)
            _ = try await record(journal, .noSubscriber, after: 15, rows: 5, 3_000...4_000)
            let span = try #require(try await journal.reader.lastOutage())
            #expect(span.outages.map(\.cause) == [.linkDown, .processDown, .noSubscriber])
            #expect(span.firstSeq == 11)
            #expect(span.lastSeq == 20)
            #expect(span.begunAt == at(1_000))
            #expect(span.endedAt == at(4_000))
            // An outage that nothing was in is not what anybody wants to have sent again.
            _ = try await record(journal, .processDown, after: 20, rows: 0, 9_000...9_500)
            #expect(try await journal.reader.lastOutage()?.firstSeq == 11)
        }
    }

    @Test func rowsThatArrivedBetweenTwoOutagesPartThem() async throws {
        try await place.use { journal in
            _ = try await record(journal, .linkDown, after: 0, rows: 5)
            journal.recordDelivery([
                DeliveryRange(first: 1, last: 5, state: .handedOff),
                DeliveryRange(first: 1, last: 5, state: .brokerConfirmed),
            ])
            _ = try await record(journal, .linkDown, after: 5, rows: 5)
            let span = try await journal.reader.lastOutage()
            #expect(span?.firstSeq == 6)
            #expect(span?.outages.count == 1)
        }
    }

    @Test func whileOneLastsItReachesToTheNewestRow() async throws {
        try await place.use { journal in
            _ = try await journal.beginOutage(.init(cause: .frozen, begunAt: at(1), noticedAt: at(2), afterSeq: 0))
            _ = try await journal.append((0..<7).map { _ in entry() })
            let span = try await journal.reader.lastOutage()
            #expect(span?.firstSeq == 1)
            #expect(span?.lastSeq == 7)
            #expect(span?.endedAt == nil)
        }
    }

    // MARK: - The worker's absence

    @Test func aKilledWorkersAbsenceIsAnOutage() async throws {
        let copy = try await place.use { journal in
            #expect(try await journal.recordAbsence() == nil, "nobody was away before the first worker")
            let lasting = try await journal.beginOutage(
                .init(cause: .linkDown, begunAt: at(700), noticedAt: at(700), afterSeq: 0))
            _ = try await journal.endOutage(lasting, at: at(900))
            _ = try await journal.append((0..<10).map { entry(at: 1_000 + $0) })
            journal.recordDelivery([
                DeliveryRange(first: 1, last: 8, state: .handedOff),
                DeliveryRange(first: 1, last: 6, state: .brokerConfirmed),
            ])
            _ = try await journal.append([entry(at: 5_000)])
            return try place.copyAsKilled()
        }
        // Another command may write the journal before the next worker does.
        try await copy.use { #expect($0.recovery.uncertainRows == 5) }
        let time = TimeSource(wall: { at(60_000) }, monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)
        try await copy.use(time: time) { journal in
            let absence = try #require(try await journal.recordAbsence())
            #expect(absence.cause == .processDown)
            #expect(absence.endedAt == at(60_000))
            #expect(absence.afterSeq == 6)
            #expect(absence.throughSeq == 11)
            #expect(absence.rows == 5)
        }
    }

    @Test func anOrderlyEndIsAnOutageOnlyForTheRowsItLeftBehind() async throws {
        try await place.use { journal in
            _ = try await journal.recordAbsence()
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 4, state: .brokerConfirmed)])
            try await journal.noteWorkerLife(isEnding: true)
        }
        try await place.use { journal in
            #expect(try await journal.recordAbsence() == nil)
            _ = try await journal.append([entry()])
            try await journal.noteWorkerLife(isEnding: true)
        }
        try await place.use { journal in
            let absence = try await journal.recordAbsence()
            #expect(absence?.afterSeq == 4)
            #expect(absence?.rows == 1)
        }
    }

    @Test func anOutageThatAKilledWorkerLeftOpenEndsWithIt() async throws {
        let copy = try await place.use { journal in
            _ = try await journal.recordAbsence()
            _ = try await journal.append([entry(at: 1_000)])
            _ = try await journal.beginOutage(
                .init(cause: .linkDown, begunAt: at(1_500), noticedAt: at(1_500), afterSeq: 0))
            return try place.copyAsKilled()
        }
        try await copy.use { journal in
            _ = try await journal.recordAbsence()
            let outages = try await journal.reader.outages()
            #expect(outages.map(\.cause) == [.processDown, .linkDown])
            #expect(outages.allSatisfy { $0.endedAt != nil })
            #expect(outages.map(\.rows) == [0, 1])
            #expect(try await journal.reader.lastOutage()?.firstSeq == 1)
        }
    }

    // MARK: - The recorder

    private func run(_ journal: Journal, _ body: (OutageRecorder) async throws -> Void) async throws {
        let recorder = OutageRecorder(
            journal: journal, grace: .zero, lifeInterval: .seconds(3_600), logger: quiet, metricsFactory: place.counts)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await recorder.run() }
            try await body(recorder)
            group.cancelAll()
        }
    }

    private func wait(_ journal: Journal, for isMet: ([Outage]) -> Bool) async throws {
        while try await !isMet(journal.reader.outages()) { await Task.yield() }
    }

    @Test func theRecorderWritesDownWhatThePublisherTells() async throws {
        try await place.use { journal in
            try await run(journal) { recorder in
                recorder.note(signal(10, isUp: true, listeners: true))
                recorder.note(signal(1_000, isUp: false, sent: 3, atRisk: 2, confirmed: 900))
                try await wait(journal) { $0.first?.cause == .linkDown }
                _ = try await journal.append((0..<5).map { _ in entry() })
                recorder.note(signal(2_000, isUp: true, listeners: true))
                try await wait(journal) { $0.first?.endedAt == at(2_000) }
                recorder.note(signal(3_000, isUp: true, listeners: false, sent: 5))
                try await wait(journal) { $0.first?.cause == .noSubscriber }
            }
            let outages = try await journal.reader.outages()
            #expect(outages.map(\.cause) == [.noSubscriber, .linkDown])
            #expect(outages[1].rows == 4)
            #expect(outages[0].endedAt != nil, "ended with the recorder")
            #expect(place.counts.value("telemetry_outages_total{cause=link_down}") == 1)
            #expect(place.counts.value("telemetry_outages_total{cause=no_subscriber}") == 1)
        }
        try await place.use { journal in
            // The rows were journaled and never sent, but they belong to the outages that are written down.
            let absence = try await journal.recordAbsence()
            #expect(absence == nil)
        }
    }

    @Test func aRobotThatIsOffFromTheBeginningIsAnOutage() async throws {
        try await place.use { journal in
            try await run(journal) { recorder in
                recorder.note(signal(10, isUp: false))
                try await wait(journal) { $0.first?.cause == .linkDown }
            }
        }
        #expect(place.counts.value("telemetry_outages_total{cause=link_down}") == 1)
    }
}
