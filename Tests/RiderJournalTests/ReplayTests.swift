import RiderModel
import Testing

@testable import RiderJournal

@Suite struct ReplayTests {
    private let place = TemporaryJournal()

    private func plan(_ first: Int64, _ last: Int64, hasProbe: Bool = true) -> ReplayPlan {
        ReplayPlan(
            kind: .replay, selection: #"{"since":"2h"}"#, first: first, last: last, selected: last - first + 1,
            hasProbe: hasProbe)
    }

    private func undelivered(_ reader: JournalReader) async throws -> [Int64] {
        var query = JournalQuery()
        query.onlyUndelivered = true
        return try await reader.results(query).map(\.seq)
    }

    @Test func anAttemptAddsToTheFirstOutcomeAndErasesNothing() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<10).map { _ in entry() })
            journal.recordDelivery([
                DeliveryRange(first: 1, last: 4, state: .noSubscriber),
                DeliveryRange(first: 5, last: 8, state: .uncertain),
                DeliveryRange(first: 9, last: 10, state: .brokerConfirmed),
            ])
            let run = try await journal.beginReplay(plan(1, 8))
            #expect(try await undelivered(journal.reader) == Array(1...8))
            journal.recordReplay(
                run.id, position: 6,
                ranges: [
                    DeliveryRange(first: 1, last: 7, state: .handedOff),
                    DeliveryRange(first: 1, last: 6, state: .brokerConfirmed),
                    DeliveryRange(first: 7, last: 7, state: .uncertain),
                ])
            let ended = try await journal.endReplay(run.id, isDone: true)
            #expect(ended.state == .done)
            #expect(ended.position == 6)
            #expect(ended.counts.sent == 7)
            #expect(ended.counts.confirmed == 6)
            #expect(ended.counts.uncertain == 1)
        }
        let reader = JournalReader(directory: place.directory)
        #expect(
            try await reader.deliveryRanges() == [
                DeliveryRange(first: 1, last: 4, state: .noSubscriber),
                DeliveryRange(first: 5, last: 8, state: .uncertain),
                DeliveryRange(first: 9, last: 10, state: .brokerConfirmed),
            ])
        #expect(try await undelivered(reader) == [7, 8])
        let results = try await reader.results(JournalQuery())
        #expect(results.map(\.state)[0] == .noSubscriber)
        #expect(results.map(\.replayState)[0] == .brokerConfirmed)
        #expect(results.map(\.effectiveState)[7] == .uncertain)
        #expect(results.map(\.isDelivered) == (1...10).map { $0 != 7 && $0 != 8 })
        #expect(try await reader.replayRuns().map(\.selection) == [#"{"since":"2h"}"#])
    }

    @Test func aStoppedRunGoesBackToItsFirstUnconfirmedRow() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<10).map { _ in entry() })
            let run = try await journal.beginReplay(plan(1, 10))
            journal.recordReplay(run.id, position: 8, ranges: [DeliveryRange(first: 1, last: 8, state: .handedOff)])
            journal.recordReplay(
                run.id, position: 8, ranges: [DeliveryRange(first: 1, last: 5, state: .brokerConfirmed)])
            let stopped = try await journal.endReplay(run.id, isDone: false)
            #expect(stopped.position == 5)
            #expect(stopped.counts.uncertain == 3)
            let resumed = try await journal.resumeReplay(run.id)
            #expect(resumed.state == .running)
            #expect(resumed.endedAt == nil)
            journal.recordReplay(run.id, position: 10, ranges: [DeliveryRange(first: 6, last: 10, state: .handedOff)])
            journal.recordReplay(
                run.id, position: 10, ranges: [DeliveryRange(first: 6, last: 10, state: .brokerConfirmed)])
            let done = try await journal.endReplay(run.id, isDone: true)
            #expect(done.counts.confirmed == 10)
            #expect(done.counts.uncertain == 0)
            await #expect { try await journal.resumeReplay(run.id) } throws: {
                ($0 as? JournalError)?.code == .conflict
            }
            await #expect { try await journal.resumeReplay(99) } throws: { ($0 as? JournalError)?.code == .notFound }
        }
    }

    @Test func aRunOfAKilledProcessIsStoppedAndItsHandOffsAreUncertain() async throws {
        let copy = try await place.use { journal in
            _ = try await journal.append((0..<6).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 6, state: .noSubscriber)])
            let run = try await journal.beginReplay(plan(1, 6))
            journal.recordReplay(
                run.id, position: 4,
                ranges: [
                    DeliveryRange(first: 1, last: 4, state: .handedOff),
                    DeliveryRange(first: 1, last: 2, state: .brokerConfirmed),
                ])
            _ = try await journal.append([entry()])
            return try place.copyAsKilled()
        }
        try await copy.use { journal in
            let run = try #require(try await journal.reader.replayRun(1))
            #expect(run.state == .stopped)
            #expect(run.endedAt != nil)
            #expect(run.position == 2)
            #expect(run.counts.uncertain == 2)
            #expect(
                try await journal.reader.replayAttempts(ofRun: 1) == [
                    DeliveryRange(first: 1, last: 2, state: .brokerConfirmed),
                    DeliveryRange(first: 3, last: 4, state: .uncertain),
                ])
            #expect(try await journal.resumeReplay(1).position == 2)
        }
    }

    @Test func withoutAProbeAHandOffIsTheEndAndAnUnfinishedOneIsNot() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 4, state: .noSubscriber)])
            let run = try await journal.beginReplay(plan(1, 4, hasProbe: false))
            journal.recordReplay(run.id, position: 3, ranges: [DeliveryRange(first: 1, last: 3, state: .handedOff)])
            let ended = try await journal.endReplay(run.id, isDone: true)
            #expect(ended.counts.sent == 3)
            #expect(ended.counts.handedOff == 3)
        }
        #expect(try await undelivered(JournalReader(directory: place.directory)) == [4])
    }

    @Test func theBestAttemptOutlivesTheRun() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.maxReplayRuns = 2
        try await place.use(configuration) { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            for seq in Int64(1)...4 {
                let run = try await journal.beginReplay(plan(seq, seq))
                journal.recordReplay(
                    run.id, position: seq, ranges: [DeliveryRange(first: seq, last: seq, state: .brokerConfirmed)])
                _ = try await journal.endReplay(run.id, isDone: true)
            }
            #expect(try await journal.reader.replayRuns().map(\.id) == [4, 3])
            #expect(try await undelivered(journal.reader).isEmpty)
        }
    }

    @Test func whatIsRecordedOfAnUnknownRunChangesNothing() async throws {
        try await place.use { journal in
            _ = try await journal.append([entry()])
            journal.recordReplay(7, position: 1, ranges: [DeliveryRange(first: 1, last: 1, state: .brokerConfirmed)])
        }
        #expect(try await undelivered(JournalReader(directory: place.directory)) == [1])
    }

    @Test func supersededAndUnpublishedRowsAreOwedToNobody() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 4, last: 4, state: .notPublished)])
            journal.recordAcknowledged(upTo: 2, superseded: [2])
        }
        let reader = JournalReader(directory: place.directory)
        #expect(try await undelivered(reader) == [1, 3])
        var query = JournalQuery()
        query.includesSuperseded = false
        #expect(try await reader.results(query).map(\.seq) == [1, 3, 4])
        #expect(try await reader.summary(query).rows == 3)
    }

    @Test func aSummaryCountsWhatAQueryMeets() async throws {
        try await place.use { journal in
            _ = try await journal.append(
                (0..<1_500).map { entry(topic: $0 % 2 == 0 ? .voice : .text, at: Int64($0) * 1_000) })
        }
        var query = JournalQuery()
        query.topics = [.voice]
        query.after = 100
        query.through = 1_400
        query.limit = 1
        let summary = try await JournalReader(directory: place.directory).summary(query)
        #expect(summary.rows == 650)
        #expect(summary.bytes == 13_000)
        #expect(summary.firstSeq == 101)
        #expect(summary.lastSeq == 1_399)
        #expect(summary.firstRecordedAt == UnixTime(milliseconds: 100_000))
    }

    @Test func bodiesEndAReadBeforeItGrowsTooLarge() async throws {
        try await place.use { journal in _ = try await journal.append((0..<10).map { _ in entry(bytes: 1_000) }) }
        var query = JournalQuery()
        query.includesBodies = true
        query.maxBodyBytes = 2_500
        #expect(try await JournalReader(directory: place.directory).results(query).map(\.seq) == [1, 2, 3])
    }

    @Test(arguments: DeliveryState.allCases) func anAttemptIsOnlyImproved(state: DeliveryState) {
        #expect(!state.mayBecomeByAttempt(state))
        #expect(!state.mayBecomeByAttempt(.journaled))
        #expect(state.improved(by: nil) == state)
        #expect(state.improved(by: .robotAcknowledged) == .robotAcknowledged)
        for next in DeliveryState.allCases where state.mayBecome(next) { #expect(state.mayBecomeByAttempt(next)) }
    }
}

@Suite struct HandOffSettlingTests {
    @Test func aRowSettlesWhenItsConnectionHasLivedOn() {
        var settling = HandOffSettling(after: .seconds(3), settledUpTo: 0)
        settling.handedOff(upTo: 5, at: 0)
        settling.handedOff(upTo: 9, at: 200_000_000)
        settling.handedOff(upTo: 12, at: 300_000_000)
        #expect(settling.settle(at: 3_100_000_000) == nil)
        #expect(settling.settle(at: 3_200_000_000) == 9)
        #expect(settling.settle(at: 3_200_000_000) == nil)
        #expect(settling.settle(at: 3_300_000_000) == 12)
        #expect(settling.settledUpTo == 12)
        settling.handedOff(upTo: 20, at: 4_000_000_000)
        #expect(settling.settleAll() == 20)
    }

    @Test func withAProbeNothingSettles() {
        var settling = HandOffSettling(after: nil, settledUpTo: 4)
        settling.handedOff(upTo: 5, at: 0)
        #expect(settling.settle(at: .max) == nil)
        #expect(settling.settleAll() == nil)
    }

    @Test func steadyTrafficSettlesInSteps() {
        var settling = HandOffSettling(after: .seconds(1), settledUpTo: 0)
        for step in UInt64(0)..<100 {
            settling.handedOff(upTo: Int64(step) + 1, at: step * 100_000_000)
            _ = settling.settle(at: step * 100_000_000)
        }
        // A second behind the last row, at most a group of a quarter of a second.
        #expect(settling.settledUpTo >= 100 - 14)
        #expect(settling.settledUpTo <= 100 - 10)
    }
}
