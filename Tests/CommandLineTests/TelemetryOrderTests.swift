import RiderJournal
import RiderModel
import Synchronization
import Testing

@testable import rider

@Suite struct TelemetryOrderTests {
    private final class Handed: Sendable {
        let seqs = Mutex<[Int64]>([])
    }

    private let handed = Handed()
    private let order: TelemetryOrder

    init() {
        let handed = handed
        order = TelemetryOrder(after: 10) { records in handed.seqs.withLock { $0 += records.map(\.seq) } }
    }

    private func records(_ seqs: ClosedRange<Int64>) -> [JournalRecord] {
        seqs.map {
            JournalRecord(seq: $0, topicSeq: $0, topic: .text, recordedAt: UnixTime(milliseconds: 0), body: [])
        }
    }

    @Test func `rows wait for the ones before them, whoever brings them`() {
        order.publish(records(14...14))
        order.publish(records(11...12))
        #expect(handed.seqs.withLock { $0 } == [11, 12])
        #expect(order.waitingCount == 1)
        order.publish(records(13...13))
        order.publish(records(15...20))
        #expect(handed.seqs.withLock { $0 } == Array(11...20))
        #expect(order.waitingCount == 0)
    }

    @Test func `rows that are not published hold nobody up`() {
        order.publish(records(12...12) + records(15...15))
        order.skip([13, 11])
        #expect(handed.seqs.withLock { $0 } == [12])
        order.skip([14])
        #expect(handed.seqs.withLock { $0 } == [12, 15])
    }
}
