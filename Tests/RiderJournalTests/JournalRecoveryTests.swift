import FoundationEssentials
import GRDB
import RiderModel
import Testing

@testable import RiderJournal

@Suite struct JournalRecoveryTests {
    private let place = TemporaryJournal()

    @Test func whatWasReturnedSurvivesTheProcess() async throws {
        let copy = try await place.use { journal in
            for _ in 0..<20 { _ = try await journal.append([entry(), entry(topic: .voice)]) }
            return try place.copyAsKilled()
        }
        try await copy.use { journal in
            #expect(journal.recovery.endedUncleanly)
            let rows = try await journal.rows(from: 1, limit: 100)
            #expect(rows.count == 40)
            let records = try await journal.append([entry()])
            #expect(records.map(\.topicSeq) == [21])
        }
        #expect(try await JournalReader(directory: copy.directory).verify().isEmpty)
    }

    @Test func afterACrashRowsBehindTheLastOutcomeAreUncertain() async throws {
        let copy = try await place.use { journal in
            _ = try await journal.append((0..<10).map { _ in entry() })
            journal.recordDelivery([
                DeliveryRange(first: 1, last: 3, state: .brokerConfirmed),
                DeliveryRange(first: 5, last: 6, state: .handedOff),
            ])
            // Outcomes travel with the next commit.
            _ = try await journal.append([entry()])
            return try place.copyAsKilled()
        }
        let journal = try await copy.open()
        #expect(journal.recovery.uncertainRows == 7)
        #expect(
            try await journal.reader.deliveryRanges() == [
                DeliveryRange(first: 1, last: 3, state: .brokerConfirmed),
                DeliveryRange(first: 5, last: 11, state: .uncertain),
            ])
    }

    @Test func afterAnOrderlyEndUnsentRowsStayJournaled() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 2, state: .handedOff)])
        }
        let journal = try await place.open()
        #expect(!journal.recovery.endedUncleanly)
        #expect(
            try await journal.reader.deliveryRanges() == [DeliveryRange(first: 1, last: 2, state: .uncertain)])
    }

    @Test func withoutAProbeAnOrderlyEndLeavesHandOffsAsTheyAre() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.handOffSettles = .seconds(3_600)
        try await place.use(configuration) { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 2, state: .handedOff)])
        }
        try await place.use(configuration) { journal in
            #expect(journal.recovery.uncertainRows == 0)
            let results = try await journal.reader.results(JournalQuery())
            #expect(results.map(\.isDelivered) == [true, true, false, false])
        }
    }

    @Test func withoutAProbeACrashDoubtsOnlyWhatHadNotSettled() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.handOffSettles = .zero
        let copy = try await place.use(configuration) { journal in
            _ = try await journal.append((0..<4).map { _ in entry() })
            journal.recordDelivery([DeliveryRange(first: 1, last: 2, state: .handedOff)])
            _ = try await journal.append([entry()])
            journal.recordDelivery([DeliveryRange(first: 3, last: 4, state: .handedOff)])
            _ = try await journal.append([entry()])
            return try place.copyAsKilled()
        }
        let journal = try await copy.open(configuration)
        #expect(
            try await journal.reader.deliveryRanges() == [
                DeliveryRange(first: 1, last: 2, state: .handedOff),
                DeliveryRange(first: 3, last: 6, state: .uncertain),
            ])
        #expect(
            try await journal.reader.results(JournalQuery()).map(\.isDelivered)
                == [true, true, false, false, false, false])
    }

    @Test func aDamagedFileIsSetAsideAndANewOneBegun() async throws {
        let publisherID = try await place.use { journal in
            _ = try await journal.append([entry()])
            return journal.publisherID
        }
        let path = place.resultsPath
        try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: path))
        try await place.use { journal in
            #expect(journal.recovery.setAside.count == 1)
            #expect(journal.recovery.setAside.first?.hasPrefix(path + ".broken-") == true)
            #expect(journal.publisherID != publisherID)
            let records = try await journal.append([entry()])
            #expect(records.map(\.seq) == [1])
        }
        try await place.use { #expect($0.recovery.setAside.isEmpty) }
    }

    @Test func aFileOfANewerProgramIsLeftAlone() async throws {
        try await place.use { _ = try await $0.append([entry()]) }
        try place.change("INSERT INTO grdb_migrations VALUES ('journal_999_future')")
        await #expect {
            try await place.open()
        } throws: {
            ($0 as? JournalError)?.code == .incompatible
        }
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result") == 1)
    }

    @Test func damageIsFoundByKind() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<6).map { _ in entry(bytes: 600) })
            journal.recordDelivery([DeliveryRange(first: 1, last: 2, state: .brokerConfirmed)])
        }
        let reader = JournalReader(directory: place.directory)
        #expect(try await reader.verify().isEmpty)
        try place.change(
            """
            UPDATE body SET bytes = zeroblob(600) WHERE seq = 2;
            DELETE FROM body WHERE seq = 3;
            DELETE FROM result WHERE seq = 4;
            INSERT INTO delivery VALUES (2, 99, 3);
            """)
        let found = try await reader.verify()
        #expect(
            found.map { "\($0.kind.rawValue) \($0.seq ?? 0)" } == [
                "checksum 2", "missing_body 3", "missing_result 4", "topic_number 5", "delivery_range 2",
                "delivery_range 2",
            ])
    }
}
