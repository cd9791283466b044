import DequeModule
import RiderJournal
import RiderModel
import Testing

@testable import RiderPublisher

@Suite struct TelemetryBufferTests {
    private func record(_ seq: Int64, bytes: Int = 2) -> JournalRecord {
        .sample(seq, body: [UInt8](repeating: 0x20, count: bytes))
    }

    private func records(_ seqs: ClosedRange<Int64>) -> [JournalRecord] {
        seqs.map { record($0) }
    }

    private func takenSeqs(_ buffer: TelemetryBuffer) -> [Int64]? {
        if case .records(let records) = buffer.take() { records.map(\.seq) } else { nil }
    }

    private func backlog(_ buffer: TelemetryBuffer) -> TelemetryBuffer.BacklogRequest? {
        if case .backlog(let request) = buffer.take() { request } else { nil }
    }

    @Test func recordsComeOutInOrderAndOnce() {
        let buffer = TelemetryBuffer(maxRecords: 10, maxBytes: 1000)
        _ = buffer.submit(records(1...3))
        _ = buffer.submit(records(2...4))
        #expect(takenSeqs(buffer) == [1, 2, 3, 4])
        #expect(takenSeqs(buffer) == nil)
        _ = buffer.submit(records(1...4))
        #expect(takenSeqs(buffer) == nil)
    }

    @Test func bellIsRungOnlyForASleeper() {
        let buffer = TelemetryBuffer(maxRecords: 10, maxBytes: 1000)
        #expect(!buffer.submit(records(1...1)))
        #expect(!buffer.fallAsleep(), "something has come in the meantime")
        #expect(takenSeqs(buffer) == [1])
        #expect(buffer.fallAsleep())
        #expect(buffer.submit(records(2...2)))
        #expect(!buffer.submit(records(3...3)), "it is awake by now")
    }

    @Test func whatDoesNotFitIsReadBackInOrder() throws {
        let buffer = TelemetryBuffer(maxRecords: 3, maxBytes: 1000)
        _ = buffer.submit(records(1...10))
        #expect(takenSeqs(buffer) == [1, 2, 3])
        _ = buffer.submit(records(11...12))
        let first = try #require(backlog(buffer))
        #expect(first.from == 4)
        #expect(backlog(buffer) == nil, "one reading at a time")
        buffer.fill(records(4...8), for: first)
        _ = buffer.submit(records(13...13))
        #expect(takenSeqs(buffer) == [4, 5, 6, 7, 8])
        let second = try #require(backlog(buffer))
        #expect(second.from == 9)
        buffer.fill(records(9...14), for: second)
        #expect(takenSeqs(buffer) == [9, 10, 11, 12, 13], "14 is not submitted: it may yet be superseded")
        #expect(takenSeqs(buffer) == nil)
        _ = buffer.submit(records(14...15))
        #expect(takenSeqs(buffer) == [14, 15])
    }

    @Test func recordsThatAreBeingSentCountAsWell() throws {
        let buffer = TelemetryBuffer(maxRecords: 3, maxBytes: 1000)
        _ = buffer.submit(records(1...3))
        #expect(takenSeqs(buffer) == [1, 2, 3])
        _ = buffer.submit(records(4...4))
        #expect(buffer.count == 3)
        #expect(backlog(buffer)?.from == 4)
        #expect(buffer.count == 0)
    }

    @Test func bytesAreBoundedAndALargeRecordStillPassesAlone() throws {
        let buffer = TelemetryBuffer(maxRecords: 100, maxBytes: 1000)
        _ = buffer.submit([record(1, bytes: 5000), record(2, bytes: 10), record(3, bytes: 500)])
        #expect(takenSeqs(buffer) == [1])
        let request = try #require(backlog(buffer))
        #expect(request == .init(from: 2, limit: 1), "as many as fit if all were as large as the largest")
    }

    @Test func rowsThatAreGoneFromTheJournalEndTheReading() throws {
        let buffer = TelemetryBuffer(maxRecords: 1, maxBytes: 1000)
        _ = buffer.submit(records(1...5))
        _ = takenSeqs(buffer)
        buffer.fill([], for: try #require(backlog(buffer)))
        #expect(backlog(buffer) == nil)
        _ = buffer.submit(records(6...6))
        #expect(takenSeqs(buffer) == [6])
    }

    @Test func failedReadingIsRepeated() throws {
        let buffer = TelemetryBuffer(maxRecords: 1, maxBytes: 1000)
        _ = buffer.submit(records(1...2))
        _ = takenSeqs(buffer)
        _ = try #require(backlog(buffer))
        #expect(buffer.fallAsleep(), "only the answer can wake it")
        buffer.backlogFailed()
        #expect(!buffer.fallAsleep())
        #expect(backlog(buffer)?.from == 2)
    }
}
