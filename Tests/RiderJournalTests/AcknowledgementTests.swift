import RiderModel
import Testing

@testable import RiderJournal

@Suite struct AcknowledgementTests {
    private let place = TemporaryJournal()

    private func leased(_ id: String, _ position: Int64, attempt: Int = 1) -> JournalEntry {
        var entry = entry(id)
        entry.position = position
        entry.attempt = attempt
        return entry
    }

    @Test func whatTheQueueHasNotAnsweredForIsFoundAtTheNextOpening() async throws {
        try await place.use { journal in
            #expect(journal.unacknowledgedAtOpen == [])
            _ = try await journal.append((1...4).map { leased("t\($0)", Int64($0 * 10)) })
            journal.recordAcknowledged(upTo: 2, superseded: [1])
        }
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM superseded") == "1")
        try await place.use { journal in
            #expect(
                journal.unacknowledgedAtOpen == [
                    .init(seq: 3, taskID: "t3", position: 30, attempt: 1),
                    .init(seq: 4, taskID: "t4", position: 40, attempt: 1),
                ])
            // Late news of earlier rows do not take anything back.
            journal.recordAcknowledged(upTo: 4, superseded: [3, 4])
            journal.recordAcknowledged(upTo: 3, superseded: [])
            _ = try await journal.append([leased("t5", 50, attempt: 3)])
        }
        #expect(try place.sql(String.self, "SELECT group_concat(seq) FROM superseded") == "1,3,4")
        try await place.use { journal in
            #expect(
                journal.unacknowledgedAtOpen == [.init(seq: 5, taskID: "t5", position: 50, attempt: 3)])
        }
    }

    @Test func rowsOfBeforeAreNotAskedAbout() async throws {
        try await place.use { journal in _ = try await journal.append([entry("old")]) }
        try await place.use { journal in #expect(journal.unacknowledgedAtOpen == []) }
    }
}
