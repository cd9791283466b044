import Foundation
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import NIOCore
import RiderMetrics
import RiderModel
import RiderQueue
import Synchronization
import TestSupport

@testable import RiderHTTP

/// A server with a queue that remembers what it was given.
final class TestBridge: Sendable {
    let registry = PrometheusRegistry()
    let capabilities = CapabilitiesSnapshot(TestBridge.fixtureCapabilities)
    private let state = Mutex(State())

    private struct State {
        var submitted: [NewTask] = []
        var outcomes: [String: EnqueueOutcome] = [:]
        var queueError: QueueError?
        var robotHealth: JSONValue?
        var generated: TaskResult?
        var asked: [TaskEnvelope] = []
        var checks = [HealthCheck(name: "queue", isReady: true)]
    }

    var submitted: [NewTask] { state.withLock { $0.submitted } }

    /// What the queue says about a task; `queued` for those not named.
    func answer(_ outcome: EnqueueOutcome, for id: String) { state.withLock { $0.outcomes[id] = outcome } }
    func breakQueue(_ error: QueueError) { state.withLock { $0.queueError = error } }
    func set(checks: [HealthCheck]) { state.withLock { $0.checks = checks } }

    func set(robotHealth: JSONValue) { state.withLock { $0.robotHealth = robotHealth } }
    /// What the text provider answers; without it, it never does.
    func set(generated: TaskResult) { state.withLock { $0.generated = generated } }
    var asked: [TaskEnvelope] { state.withLock { $0.asked } }

    func sources(health: (any HealthSource)? = nil) -> HTTPSources {
        let robotHealth = state.withLock(\.robotHealth)
        return HTTPSources(
            metrics: { [registry] in await registry.exposition() }, health: health ?? self, capabilities: capabilities,
            submit: { tasks throws(QueueError) in try self.take(tasks) },
            queueStats: { () throws(QueueError) in try self.stats() },
            generate: { await self.generate($0) },
            robotHealth: robotHealth.map { health in { @Sendable in health } })
    }

    func server(
        _ configuration: HTTPConfiguration = .init(), health: (any HealthSource)? = nil, logger: Logger = .quiet,
        onListening: @escaping @Sendable (ListeningAddress) -> Void = { _ in }
    ) -> HTTPServer {
        HTTPServer(
            configuration: configuration, sources: sources(health: health), factory: registry, time: .fixed,
            logger: logger, makeTaskID: { "http-made" }, onListening: onListening)
    }

    private func take(_ tasks: [NewTask]) throws(QueueError) -> [EnqueueOutcome] {
        let result = state.withLock { state -> Result<[EnqueueOutcome], QueueError> in
            if let error = state.queueError { return .failure(error) }
            state.submitted += tasks
            return .success(tasks.map { state.outcomes[$0.envelope.id] ?? .queued })
        }
        return try result.get()
    }

    private func generate(_ task: TaskEnvelope) async -> TaskResult {
        let generated = state.withLock { state in
            state.asked.append(task)
            return state.generated
        }
        if let generated { return generated }
        try? await untilCancelled()
        return .failed("cancelled")
    }

    private func stats() throws(QueueError) -> QueueStats {
        if let error = state.withLock({ $0.queueError }) { throw error }
        var waiting: [Priority: Int] = [:]
        waiting[.standard] = 3
        return QueueStats(
            waiting: waiting, leased: 2, delayed: 1, dead: 4, limit: 10_000,
            oldestWaiting: UnixTime(milliseconds: TimeSource.fixed.wall().milliseconds - 1_500))
    }

    static let fixtureCapabilities = Capabilities(
        vision: .init(model: "mock", framePriority: Priority(rawValue: 1) ?? .standard, mode: .pc),
        voice: .init(asrModel: "mock", ttsModel: "piper", sampleRate: 16_000, mode: .pc),
        text: .init(model: "mock", nluTasks: ["intent", "entities", "sentiment"], mode: .local))
}

extension TestBridge: HealthSource {
    func checks() async -> [HealthCheck] { state.withLock { $0.checks } }
}

extension HTTPServer {
    /// For tests without sockets.
    func application() -> Application<BridgeResponder> { Application(responder: responder) }
}

extension TimeSource {
    static let fixed = TimeSource(
        wall: { UnixTime(milliseconds: 1_763_000_000_250) }, monotonicNanoseconds: { 1_000_000_000 })
}

extension Logger {
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appending(path: "RiderModelTests/Fixtures/\(name)")))
    }
}

extension TestResponse {
    var json: JSONValue? { try? JSONValue(parsing: Array(body.readableBytesView)) }
    var text: String { String(buffer: body) }
}

extension TestClientProtocol {
    /// Sends tasks.
    func post(
        _ body: [UInt8], type: String? = "application/json", headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        var headers = headers
        if let type { headers[.contentType] = type }
        return try await executeRequest(
            uri: "/api/tasks", method: .post, headers: headers, body: ByteBuffer(bytes: body))
    }

    func post(_ body: String, type: String? = "application/json", headers: HTTPFields = [:]) async throws
        -> TestResponse
    {
        try await post(Array(body.utf8), type: type, headers: headers)
    }

    func get(_ path: String) async throws -> TestResponse {
        try await executeRequest(uri: path, method: .get, headers: [:], body: nil)
    }
}
