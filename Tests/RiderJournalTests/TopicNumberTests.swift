import RiderModel
import Testing

@testable import RiderJournal

/// Finding rows by the numbers of their topics.
@Suite struct TopicNumberTests {
    private let place = TemporaryJournal()

    private var reader: JournalReader { JournalReader(directory: place.directory) }

    /// Three text rows, then one voice row, over and over: 3,000 text rows among 4,000.
    private func fill(_ journal: Journal, rounds: Int = 1_000) async throws {
        for start in stride(from: 0, to: rounds, by: 100) {
            var entries: [JournalEntry] = []
            for _ in start..<(start + 100) {
                entries += [entry(), entry(), entry(), entry(topic: .voice)]
            }
            _ = try await journal.append(entries)
        }
    }

    @Test func everyNumberIsFoundWhereverItsRowIs() async throws {
        try await place.use { try await fill($0) }
        for number in [1, 2, 767, 768, 769, 1_500, 2_999, 3_000] as [Int64] {
            let page = try await reader.page(of: .text, numbers: number...number, limit: 10, maxBytes: 1 << 20)
            #expect(page.records.map(\.topicSeq) == [number])
            #expect(page.records.map(\.seq) == [(number - 1) / 3 * 4 + (number - 1) % 3 + 1])
            #expect(page.through == number)
        }
        let all = try await reader.page(of: .voice, numbers: 1...1_000, limit: 5_000, maxBytes: 1 << 20)
        #expect(all.records.map(\.topicSeq) == Array(1...1_000))
        #expect(all.through == 1_000)
    }

    @Test func pagesEndAtTheirLimitsAndGoOnBehindThem() async throws {
        try await place.use { try await fill($0) }
        var numbers: [Int64] = []
        var through: Int64 = 9
        while through < 2_000 {
            let page = try await reader.page(of: .text, numbers: (through + 1)...2_000, limit: 300, maxBytes: 1 << 20)
            #expect(page.records.count <= 300)
            numbers += page.records.map(\.topicSeq)
            through = page.through
        }
        #expect(numbers == Array(10...2_000))
        // 20 bytes a body: the third one reaches the limit.
        let small = try await reader.page(of: .text, numbers: 1...100, limit: 300, maxBytes: 50)
        #expect(small.records.count == 3)
        #expect(small.through == 3)
    }

    @Test func aRareTopicAmongManyRowsIsFoundStepByStep() async throws {
        try await place.use { journal in
            _ = try await journal.append([entry(topic: .vision)])
            try await fill(journal)
            _ = try await journal.append([entry(topic: .vision)])
        }
        let page = try await reader.page(of: .vision, numbers: 1...2, limit: 10, maxBytes: 1 << 20)
        #expect(page.records.map(\.seq) == [1, 4_002])
        #expect(try await reader.rows(of: .vision, numbers: 2...2) == TopicRows(runs: [4_002...4_002], through: 2))
    }

    @Test func supersededAndRemovedRowsAreTold() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<10).map { _ in entry() })
            journal.recordAcknowledged(upTo: 4, superseded: [4])
        }
        try place.change("DELETE FROM result WHERE seq IN (6, 7); DELETE FROM body WHERE seq IN (6, 7)")
        let page = try await reader.page(of: .text, numbers: 2...9, limit: 100, maxBytes: 1 << 20)
        #expect(page.records.map(\.topicSeq) == [2, 3, 5, 8, 9])
        #expect(page.superseded == [4])
        #expect(page.through == 9)
        #expect(try await reader.rows(of: .text, numbers: 2...9) == TopicRows(runs: [2...3, 5...5, 8...9], through: 9))
    }

    @Test func rowsComeBlockByBlockWithOtherTopicsLeftOut() async throws {
        try await place.use { try await fill($0) }
        var rows = 0
        var through: Int64 = 0
        while through < 3_000 {
            let part = try await reader.rows(of: .text, numbers: (through + 1)...3_000)
            #expect(part.runs.allSatisfy { $0.count <= 3 })
            rows += part.count
            through = part.through
        }
        #expect(rows == 3_000)
    }

    @Test func stepsGoWithTheirRows() async throws {
        var small = TemporaryJournal.configuration
        small.maxBytes = 1 << 20
        try await place.use(small) { journal in
            for _ in 0..<40 {
                let records = try await journal.append((0..<100).map { _ in entry(bytes: 1_000) })
                guard let first = records.first?.seq, let last = records.last?.seq else { continue }
                journal.recordDelivery([DeliveryRange(first: first, last: last, state: .brokerConfirmed)])
            }
        }
        let oldest = try #require(try place.sql(Int64.self, "SELECT min(seq) FROM result"))
        #expect(oldest > 2_048)
        #expect(try place.sql(Int64.self, "SELECT min(seq) FROM topic_step") ?? .max >= oldest)
        let page = try await reader.page(of: .text, numbers: 1...4_000, limit: 10, maxBytes: 1 << 20)
        #expect(page.records.first?.topicSeq == oldest)
        let end = try await reader.page(of: .text, numbers: 3_999...4_000, limit: 10, maxBytes: 1 << 20)
        #expect(end.records.map(\.topicSeq) == [3_999, 4_000])
    }

    @Test func stepsAreMadeForAJournalOfAnOlderProgram() async throws {
        try await place.use { try await fill($0) }
        try place.change(
            "DROP TABLE topic_step; DELETE FROM grdb_migrations WHERE identifier = 'journal_003_topic_steps'")
        try await place.use { try await fill($0) }
        for number in [1, 769, 3_000, 3_001, 4_500, 6_000] as [Int64] {
            let page = try await reader.page(of: .text, numbers: number...number, limit: 10, maxBytes: 1 << 20)
            #expect(page.records.map(\.topicSeq) == [number])
        }
    }

    @Test func theNumbersOfAnEarlierRunAreTold() async throws {
        try await place.use { journal in
            #expect(journal.lastNumbersAtOpen.isEmpty)
            try await fill(journal, rounds: 100)
        }
        try await place.use { #expect($0.lastNumbersAtOpen == [.text: 300, .voice: 100]) }
    }

    @Test func whatAListenerHasProvenIsNeitherErasedNorCountedAsRefused() {
        var ledger = DeliveryLedger()
        ledger.record(DeliveryRange(first: 1, last: 10, state: .robotAcknowledged))
        ledger.record(DeliveryRange(first: 5, last: 12, state: .handedOff))
        ledger.record(DeliveryRange(first: 5, last: 12, state: .brokerConfirmed))
        #expect(ledger.state(of: 7) == .robotAcknowledged)
        #expect(ledger.state(of: 11) == .brokerConfirmed)
        #expect(ledger.refused == 0)
    }
}
