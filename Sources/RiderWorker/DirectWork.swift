import Logging
import Metrics
import RiderJournal
import RiderModel
import RiderProviders
import Synchronization

/// Work for somebody who waits for the answer, past the queue: its results are counted, journaled and published like all
/// others, but the answer does not wait for that.
public final class DirectWork: Sendable {
    /// Results waiting for the journal at most; beyond it the newest is not journaled, and the log says so.
    public static let maxWaitingResults = 256

    private let provider: any Provider
    private let journal: any ResultJournal
    private let publisher: any ResultPublisher
    private let maxBodyBytes: Int
    private let time: TimeSource
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let metrics: WorkerMetrics
    private let finished = Mutex<[TaskBacklog.Finished]>([])
    private let resultFinished = Signal()

    /// - Parameter maxBodyBytes: a result whose message has more loses its binary fields in the journal.
    public init(
        provider: any Provider, journal: any ResultJournal, publisher: any ResultPublisher,
        maxBodyBytes: Int = WorkerConfiguration().maxBodyBytes, time: TimeSource = .system,
        clock: any Clock<Duration> = ContinuousClock(), logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.provider = provider
        self.journal = journal
        self.publisher = publisher
        self.maxBodyBytes = maxBodyBytes
        self.time = time
        self.clock = clock
        self.logger = logger
        metrics = WorkerMetrics(providerNames: [provider.domain: provider.name], factory: metricsFactory)
    }

    /// Runs one task now. A caller that gives up cancels it: that is a failed result too.
    public func perform(_ envelope: TaskEnvelope) async -> TaskResult {
        let task = ClaimedTask(
            envelope: envelope, lease: .init(position: 0, attempt: 1), enqueuedAt: time.wall(), waited: .zero)
        let result: TaskResult
        do {
            result = try await provider.process(task)
        } catch is CancellationError {
            result = .failed("Given up before there was a result", fallbackRequired: true)
        } catch {
            logger.error(
                "a provider broke down on a task",
                metadata: ["provider": "\(provider.name)", "task_id": "\(envelope.id)", "error": "\(error)"])
            result = .failed("\(provider.name) broke down", fallbackRequired: true)
        }
        metrics.finished(envelope.type, result)
        let hasRoom = finished.withLock { finished in
            guard finished.count < Self.maxWaitingResults else { return false }
            finished.append(.init(task: task, result: result))
            return true
        }
        if hasRoom {
            resultFinished.notify()
        } else {
            logger.error("a direct result is not journaled: too many wait", metadata: ["task_id": "\(envelope.id)"])
        }
        return result
    }

    /// Journals and publishes results until cancelled; those that are there by then too.
    public func run() async {
        let outage = Outage(of: "journal", logger: logger)
        while await resultFinished.wait() { await commit(outage) }
        await commit(outage)
    }

    private func commit(_ outage: Outage) async {
        var pause = RetryPause()
        let batch = finished.withLock { finished in
            defer { finished = [] }
            return finished
        }
        guard !batch.isEmpty else { return }
        let entries = batch.map {
            JournalEntry($0.task, $0.result, recordedAt: time.wall(), maxBodyBytes: maxBodyBytes)
        }
        while true {
            do {
                publisher.publish(try await journal.append(entries))
                outage.ended()
                return
            } catch {
                if Task.isCancelled {
                    let ids = batch.map(\.task.envelope.id).joined(separator: ", ")
                    logger.error("direct results were not journaled", metadata: ["task_ids": "\(ids)"])
                    return
                }
                outage.began(error)
                try? await clock.sleep(for: pause.next())
            }
        }
    }
}
