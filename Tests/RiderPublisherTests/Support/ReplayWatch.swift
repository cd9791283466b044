import RiderJournal
import RiderModel
import RiderReplay
import Synchronization

@testable import RiderPublisher

/// A replay under test: rows in memory, and all that is reported of them.
final class ReplayWatch: Sendable {
    private let records: [JournalRecord]
    private let states = Mutex<[Int64: DeliveryState]>([:])
    private let reports = AsyncStream.makeStream(of: ReplayReport.self)
    private let lastPosition = Mutex<Int64?>(nil)

    var position: Int64? { lastPosition.withLock { $0 } }

    init(_ records: [JournalRecord]) {
        self.records = records
    }

    func job(
        rate: ReplayRate = .unlimited, wait: Duration = .seconds(30), topics: Set<TelemetryTopic> = [.voice],
        prefix: ReplayTopicPrefix = .none, namedOnly: Bool = false, position: Int64 = 0
    ) -> ReplayJob {
        ReplayJob(
            run: 7, topics: topics, topicPrefix: prefix, rate: rate, wait: wait, namedSubscribersOnly: namedOnly,
            position: position, rows: { after in Array(self.records.filter { $0.seq > after }.prefix(64)) },
            report: { report in
                self.states.withLock { states in
                    for range in report.ranges { for seq in range.first...range.last { states[seq] = range.state } }
                }
                if let position = report.position { self.lastPosition.withLock { $0 = position } }
                self.reports.continuation.yield(report)
            })
    }

    func state(of seq: Int64) -> DeliveryState? { states.withLock { $0[seq] } }

    func count(of state: DeliveryState) -> Int { states.withLock { $0.values.count { $0 == state } } }

    /// Waits for a report that meets a condition.
    func report(_ holds: (ReplayReport) -> Bool) async {
        for await report in reports.stream where holds(report) { return }
    }
}
