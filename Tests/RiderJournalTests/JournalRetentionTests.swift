import GRDB
import RiderModel
import Synchronization
import TestSupport
import Testing

@testable import RiderJournal

@Suite struct JournalRetentionTests {
    private let place = TemporaryJournal()

    private var small: JournalConfiguration {
        var configuration = TemporaryJournal.configuration
        configuration.maxBytes = 1 << 20
        configuration.commitRows = 64
        configuration.commitBytes = 64 << 10
        return configuration
    }

    @Test func aFullJournalGoesOnByRemovingTheOldestDeliveredRows() async throws {
        try await place.use(small) { journal in
            for _ in 0..<60 {
                let records = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) })
                guard let first = records.first?.seq, let last = records.last?.seq else { continue }
                // Four rows of the first batch are owed: they outlive everything that was delivered.
                journal.recordDelivery([
                    DeliveryRange(first: max(first, 5), last: last, state: .brokerConfirmed)
                ])
            }
        }
        #expect(place.counts.value("journal_rows_removed_total{reason=quota}") > 1_000)
        #expect(place.counts.value("journal_rows_removed_total{reason=quota_undelivered}") == 0)
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result WHERE seq <= 4") == 4)
        let pages = try #require(try place.sql(Int.self, "PRAGMA page_count"))
        #expect(pages <= 256)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func whatAReplayHasBroughtMakesRoomBeforeWhatIsOwed() async throws {
        try await place.use(small) { journal in
            let first = try await journal.append((0..<8).map { _ in entry(bytes: 4_000) })
            journal.recordDelivery([DeliveryRange(first: 1, last: 8, state: .uncertain)])
            let run = try await journal.beginReplay(
                ReplayPlan(kind: .replay, selection: "{}", first: 5, last: 8, selected: 4, hasProbe: true))
            journal.recordReplay(
                run.id, position: 8, ranges: [DeliveryRange(first: 5, last: 6, state: .brokerConfirmed)])
            _ = try await journal.endReplay(run.id, isDone: true)
            journal.recordAcknowledged(upTo: 8, superseded: [8])
            for _ in 0..<20 {
                let records = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) })
                guard let first = records.first?.seq, let last = records.last?.seq else { continue }
                journal.recordDelivery([DeliveryRange(first: first, last: last, state: .brokerConfirmed)])
            }
            #expect(first.count == 8)
        }
        // Not 5 and 6, which a replay brought, nor 8, which another attempt's row stands for.
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM result WHERE seq <= 8") == "1,2,3,4,7")
        #expect(place.counts.value("journal_rows_removed_total{reason=quota_undelivered}") == 0)
        #expect(try place.sql(Int.self, "SELECT count(*) FROM best_attempt") == 0)
        #expect(try place.sql(Int.self, "SELECT confirmed FROM replay_run") == 2)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func messagesAboutMetricsMakeRoomBeforeAnyResult() async throws {
        func message(_ number: Int, at: Int64 = 1_000) -> JournalEntry {
            .metrics(body: [UInt8](repeating: UInt8(ascii: "m"), count: 4_000), recordedAt: .init(milliseconds: at))
        }
        try await place.use(small) { journal in
            // Nobody has any of it: results are owed, and so would messages be.
            for number in 0..<300 {
                _ = try await journal.append([message(number)] + (number % 4 == 0 ? [entry(bytes: 1_000)] : []))
            }
        }
        #expect(place.counts.value("journal_rows_removed_total{reason=metrics_quota}") > 50)
        #expect(place.counts.value("journal_rows_removed_total{reason=quota_undelivered}") == 0)
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result JOIN body USING (seq) WHERE topic = 3") == 75)
        // Their rows tell that they were there, and their numbers have no gap.
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result WHERE topic = 4") == 300)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func oldMessagesAboutMetricsLoseTheirBodies() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.metricsMessageRetention = .seconds(3600)
        try await place.use { journal in
            for at in [0, 1_000, 7_200_000] as [Int64] {
                _ = try await journal.append([
                    .metrics(body: Array("{}".utf8), recordedAt: .init(milliseconds: at)), entry(at: at),
                ])
            }
        }
        let noon = TimeSource(wall: { .init(milliseconds: 7_300_000) }, monotonicNanoseconds: { 0 })
        try await place.use(configuration, time: noon) { journal in
            _ = try await journal.append([entry(at: 7_300_000)])
            await place.counts.value("journal_rows_removed_total{reason=metrics_age}", reaches: 2)
        }
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM body") == "2,4,5,6,7")
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func withoutDeliveredRowsTheOldestGoAndAreCountedApart() async throws {
        try await place.use(small) { journal in
            for _ in 0..<20 { _ = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) }) }
        }
        #expect(place.counts.value("journal_rows_removed_total{reason=quota_undelivered}") > 100)
        #expect(try place.sql(Int64.self, "SELECT max(seq) FROM result") == 640)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func aResultThatCanNeverFitRemovesNothing() async throws {
        try await place.use(small) { journal in
            _ = try await journal.append([entry("kept")])
            await #expect {
                try await journal.append([entry(bytes: 2 << 20)])
            } throws: {
                ($0 as? JournalError)?.code == .storageFull
            }
            #expect(try await journal.append([entry()]).map(\.seq) == [2])
        }
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result WHERE task_id = 'kept'") == 1)
    }

    @Test func rowsBeyondTheirAgeAreRemovedDeliveredOnesFirst() async throws {
        let day: Int64 = 86_400_000
        try await place.use { journal in
            _ = try await journal.append((0..<10).map { entry(at: $0 * day) })
            journal.recordDelivery([DeliveryRange(first: 4, last: 9, state: .brokerConfirmed)])
        }
        let now = TimeSource(
            wall: { UnixTime(milliseconds: 35 * day) }, monotonicNanoseconds: TimeSource.system.monotonicNanoseconds)
        try await place.use(JournalConfiguration(), time: now) { journal in
            // The first maintenance comes before the first commit.
            await place.counts.value("journal_rows_removed_total{reason=age_undelivered}", reaches: 3)
            #expect(place.counts.value("journal_rows_removed_total{reason=age}") == 2)
            _ = try await journal.append([entry(at: 35 * day)])
        }
        #expect(try place.sql(Int64.self, "SELECT min(seq) FROM result") == 6)
        #expect(try place.sql(Int64.self, "SELECT min(first) FROM delivery") == 6)
    }

    @Test func outcomesOfRemovedRowsLeaveNoTrace() async throws {
        try await place.use(small) { journal in
            for _ in 0..<20 { _ = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) }) }
            journal.recordDelivery([DeliveryRange(first: 1, last: 640, state: .handedOff)])
            journal.recordAcknowledged(upTo: 640, superseded: [1, 640, 10_000])
        }
        let first = try place.sql(Int64.self, "SELECT min(seq) FROM result")
        #expect(try place.sql(Int64.self, "SELECT min(first) FROM delivery") == first)
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM superseded") == "640")
    }
}

@Suite struct JournalReaderTests {
    private let place = TemporaryJournal()

    @Test func filtersMeetAndPagesFollow() async throws {
        try await place.use { journal in
            var entries: [JournalEntry] = []
            for number in 0..<1_200 {
                let topic: TelemetryTopic = number % 3 == 0 ? .voice : .text
                let status: TaskResult.Status = number % 100 == 0 ? .failed : .completed
                entries.append(entry("task-\(number)", topic: topic, status: status, at: Int64(number) * 1_000))
            }
            _ = try await journal.append(entries)
            journal.recordDelivery([DeliveryRange(first: 1, last: 600, state: .noSubscriber)])
            journal.recordAcknowledged(upTo: 301, superseded: [301])
        }
        let reader = JournalReader(directory: place.directory)
        var query = JournalQuery()
        query.status = .failed
        query.topics = [.voice]
        #expect(try await reader.results(query).map(\.seq) == [1, 301, 601, 901])
        query.state = .noSubscriber
        query.includesBodies = true
        let undelivered = try await reader.results(query)
        #expect(undelivered.map(\.isSuperseded) == [false, true])
        #expect(undelivered.map(\.body?.count) == [20, 20])

        var page = JournalQuery()
        page.since = UnixTime(milliseconds: 100_000)
        page.until = UnixTime(milliseconds: 900_500)
        page.limit = 300
        var seqs: [Int64] = []
        while case let results = try await reader.results(page), let last = results.last {
            seqs += results.map(\.seq)
            page.after = last.seq
        }
        #expect(seqs == Array(101...901))

        var one = JournalQuery()
        one.taskID = "task-1199"
        #expect(try await reader.results(one).map(\.seq) == [1_200])
    }

    @Test func aPointInTimeIsFoundAlsoWhenTheClockWasSetBack() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<100).map { entry(at: 1_000_000 + $0 * 10) })
            // Out of order by less than a second: put in order, no step.
            _ = try await journal.append([entry(at: 1_000_900)])
            _ = try await journal.append((0..<100).map { entry(at: 500_000 + $0 * 10) })
        }
        let reader = JournalReader(directory: place.directory)
        #expect(try await reader.seq(atOrAfter: UnixTime(milliseconds: 1_000_500)) == 51)
        #expect(try await reader.seq(atOrAfter: UnixTime(milliseconds: 0)) == 1)
        #expect(try await reader.seq(atOrAfter: UnixTime(milliseconds: 2_000_000)) == nil)
        var query = JournalQuery()
        query.since = UnixTime(milliseconds: 500_500)
        query.until = UnixTime(milliseconds: 600_000)
        #expect(try await reader.results(query).map(\.seq) == Array(152...201))
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM clock_step") == "102")
    }

    @Test func statisticsAddUp() async throws {
        let publisherID = try await place.use { journal in
            _ = try await journal.append((0..<10).map { entry(topic: $0 < 4 ? .voice : .vision, at: 1_000 + $0) })
            _ = try await journal.append([entry(status: .failed)])
            journal.recordDelivery([DeliveryRange(first: 1, last: 7, state: .handedOff)])
            journal.recordDelivery([DeliveryRange(first: 1, last: 5, state: .brokerConfirmed)])
            return journal.publisherID
        }
        let stats = try await JournalReader(directory: place.directory).stats()
        #expect(stats.publisherID == publisherID)
        #expect(stats.rows == 11)
        #expect(stats.rowsByStatus == ["completed": 10, "failed": 1])
        #expect(stats.rowsByState == [.brokerConfirmed: 5, .handedOff: 2, .journaled: 4])
        #expect(stats.topics.map(\.rows) == [4, 6, 1])
        #expect(stats.firstRecordedAt == UnixTime(milliseconds: 1_000))
        #expect(stats.files.contains { $0.name == "journal.db" && $0.bytes > 0 })
    }

    @Test func aMissingJournalIsSaidSo() async {
        await #expect {
            try await JournalReader(directory: place.directory).stats()
        } throws: {
            ($0 as? JournalError)?.code == .notFound
        }
    }
}
