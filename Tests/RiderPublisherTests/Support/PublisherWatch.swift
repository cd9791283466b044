import Logging
import Metrics
import RiderBus
import RiderJournal
import RiderModel
import Synchronization

@testable import RiderPublisher

/// The surroundings of a publisher under test: a journal in memory, and all that the publisher reports.
final class PublisherWatch: Sendable {
    /// What can be read back.
    let journal = Mutex<[JournalRecord]>([])
    private let states = Mutex<[Int64: DeliveryState]>([:])
    private let reports = AsyncStream.makeStream(of: Void.self)
    private let links = AsyncStream.makeStream(of: TelemetryLinkChange.self)
    private let wasUp = Mutex(false)

    func publisher(
        _ configuration: TelemetryConfiguration, metrics: any MetricsFactory = NOOPMetricsHandler.instance
    ) throws -> TelemetryPublisher {
        TelemetryPublisher(
            configuration: configuration, context: try ZeroMQContext(),
            environment: .init(
                readJournal: { from, limit in
                    self.journal.withLock { Array($0.filter { $0.seq >= from }.prefix(limit)) }
                },
                deliveries: { ranges in
                    self.states.withLock { states in
                        for range in ranges { for seq in range.first...range.last { states[seq] = range.state } }
                    }
                    self.reports.continuation.yield()
                },
                linkChanged: { self.links.continuation.yield($0) }),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, factory: metrics)
    }

    /// nil: nothing was reported, so the row is journaled.
    func state(of seq: Int64) -> DeliveryState? {
        states.withLock { $0[seq] }
    }

    /// Waits for reports until all the rows are in the state.
    func rows(_ seqs: ClosedRange<Int64>, reach state: DeliveryState) async {
        await rows(seqs) { $0 == state }
    }

    func rows(_ seqs: ClosedRange<Int64>, reach isReached: (DeliveryState) -> Bool) async {
        func isDone() -> Bool { states.withLock { states in seqs.allSatisfy { states[$0].map(isReached) ?? false } } }
        if isDone() { return }
        for await _ in reports.stream where isDone() { return }
    }

    /// Waits for the link to come up or to go down.
    func nextLinkChange() async -> TelemetryLinkChange? {
        await linkChange { change in
            wasUp.withLock { wasUp in
                defer { wasUp = change.isUp }
                return wasUp != change.isUp
            }
        }
    }

    /// Waits for news of the link that meet a condition.
    func linkChange(where isMet: (TelemetryLinkChange) -> Bool) async -> TelemetryLinkChange? {
        for await change in links.stream where isMet(change) { return change }
        return nil
    }

    /// Runs the publisher while `body` works, then cancels it and waits for its end.
    func withRunning<Value: Sendable>(
        _ publisher: TelemetryPublisher, _ body: () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }
}
