import CoreMetrics
import RiderModel
import RiderQueue
import Testing

/// A kind of store that must behave as the queue's contract says.
///
/// This folder is compiled into the tests of every backend, each of which declares `QueueBackend.all`.
struct QueueBackend: Sendable, CustomTestStringConvertible {
    let name: String
    /// Makes an empty store for one test.
    let makeStore: @Sendable () async throws -> any SharedQueueStore

    var testDescription: String { name }
}

/// One store that several queues, as of several processes, open.
protocol SharedQueueStore: Sendable {
    /// Opens the store as one more process would.
    ///
    /// - Parameter randomness: the number from 0 to 1 that the queue draws before each retry.
    func open(
        _ owner: String, _ configuration: QueueConfiguration, randomness: @escaping @Sendable () -> Double,
        metrics: any MetricsFactory
    ) async throws -> any TaskQueue

    /// What the process around a queue does for it: returns when cancelled.
    func serve(_ queue: any TaskQueue) async throws

    /// Lets time pass for every queue of the store: a store on server time waits instead, so tests use short spans.
    func advance(by duration: Duration) async throws

    /// The store's time.
    func now() async throws -> UnixTime

    /// Compares what the store counts with what it holds; throws when they differ.
    func audit() async throws

    /// Removes the store.
    func remove() async throws
}

extension SharedQueueStore {
    func open(
        _ owner: String = "worker", _ configuration: QueueConfiguration = .testing,
        randomness: @escaping @Sendable () -> Double = { 1 }
    ) async throws -> any TaskQueue {
        try await open(owner, configuration, randomness: randomness, metrics: NOOPMetricsHandler.instance)
    }
}

extension QueueConfiguration {
    /// Spans that a test can wait for, should it have to.
    static var testing: QueueConfiguration {
        var configuration = QueueConfiguration()
        configuration.leaseDuration = .milliseconds(400)
        configuration.retryBase = .milliseconds(50)
        configuration.retryMaximum = .milliseconds(300)
        configuration.maxAttempts = 3
        return configuration
    }

    func with(_ change: (inout QueueConfiguration) -> Void) -> QueueConfiguration {
        var copy = self
        change(&copy)
        return copy
    }
}

extension QueueBackend {
    func withStore(_ body: (any SharedQueueStore) async throws -> Void) async throws {
        let store = try await makeStore()
        do {
            try await body(store)
        } catch {
            try? await store.remove()
            throw error
        }
        try await store.audit()
        try await store.remove()
    }

    /// Most tests: one queue on a store of its own.
    func withQueue(
        _ configuration: QueueConfiguration = .testing,
        _ body: (any TaskQueue, any SharedQueueStore) async throws -> Void
    ) async throws {
        try await withStore { store in
            try await body(try await store.open("worker", configuration), store)
        }
    }
}
