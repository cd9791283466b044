import Hummingbird
import HummingbirdCore
import Logging
import Metrics
import NIOCore
import RiderModel
import ServiceLifecycle
import Synchronization

/// The worker's HTTP server: metrics, health, capabilities, and a door for tasks.
///
/// | | |
/// |---|---|
/// | `GET /metrics` | Prometheus text format |
/// | `GET /health/live` | 200 while the process answers |
/// | `GET /health/ready` | 200, or 503 naming what is not ready |
/// | `GET /healthz` | 200 with the robot's health, for old clients |
/// | `GET /providers/capabilities`, `GET /api/providers/capabilities` | what the robot polls to see that this machine lives |
/// | `POST /providers/text/generate`, `POST /api/providers/text/generate` | an answer of the language model, for the robot's chat |
/// | `POST /api/tasks` | puts tasks in: one JSON envelope, an array, or JSON lines. `task_id` may be left out; the answer tells the one that was made |
/// | `POST /api/replays`, `GET`, `DELETE /api/replays/{run}` | sends history again, tells how far it is, stops it |
/// | `GET /api/queue` | how full the queue is |
///
/// A refusal is always JSON: `{"error": "a sentence", "code": "a_word"}`, or `{"detail": …}` where robots expect it.
public struct HTTPServer: Service {
    /// The header in which ``HTTPConfiguration/instance`` is sent.
    public static let instanceHeader = "Rider-Instance"

    private let configuration: HTTPConfiguration
    let responder: BridgeResponder
    private let logger: Logger
    private let onListening: @Sendable (ListeningAddress) -> Void

    /// - Parameters:
    ///   - makeTaskID: names tasks that come without a `task_id`; nil means `http-` and 128 random bits.
    ///   - onListening: called once, when connections are accepted, with the port that was really taken.
    public init(
        configuration: HTTPConfiguration, sources: HTTPSources, factory: any MetricsFactory = MetricsSystem.factory,
        time: TimeSource = .system, logger: Logger, makeTaskID: (@Sendable () -> String)? = nil,
        onListening: @escaping @Sendable (ListeningAddress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
        responder = BridgeResponder(
            configuration: configuration, sources: sources,
            measures: RequestMeasures(
                routes: BridgeResponder.Route.allCases.map(\.rawValue) + ["other"], factory: factory),
            time: time, makeTaskID: makeTaskID ?? TaskIdentifier.random)
    }

    /// Serves until the task is cancelled or shut down gracefully. Then it takes no new connection, answers the requests that
    /// are there, and returns.
    ///
    /// - Throws: ``HTTPServerError`` when it cannot listen.
    public func run() async throws {
        let isListening = Atomic<Bool>(false)
        do {
            try await server { address in
                isListening.store(true, ordering: .relaxed)
                logger.notice("HTTP server is listening", metadata: ["address": "\(address)"])
                onListening(address)
            }.run()
        } catch  where !isListening.load(ordering: .relaxed) && !(error is CancellationError) {
            throw HTTPServerError.cannotListen(
                host: configuration.host, port: configuration.port, reason: "\(error)")
        }
    }

    /// Hummingbird's server without its `Application`, which wakes up every second to write down the date.
    private func server(onListening: @escaping @Sendable (ListeningAddress) -> Void) throws -> any Service {
        let timeout = TimeAmount(configuration.requestTimeout)
        var quiet = logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let host = configuration.host
        let builder = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [SlowReaderHandler(limit: timeout)],
                idleTimeout: TimeAmount(configuration.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)))
        return try builder.buildServer(
            configuration: ServerConfiguration(
                address: .hostname(host, port: configuration.port),
                availableConnectionsDelegate: .maximum(configuration.maxConnections, logger: quiet)),
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: quiet,
            responder: { [responder, quiet] request, writer, channel in
                let context = BasicRequestContext(
                    source: ApplicationRequestContextSource(channel: channel, logger: quiet))
                let response = await responder.respond(to: request, context: context)
                do {
                    try await writer.write(response: response.head, body: response.body)
                } catch {
                    // An error in what is left of the request would be answered by Hummingbird, in the middle of this answer.
                    throw AnswerInterrupted(cause: error)
                }
            },
            onServerRunning: { channel in
                let address = channel.localAddress
                onListening(ListeningAddress(host: address?.ipAddress ?? host, port: address?.port ?? 0))
            })
    }

    private struct AnswerInterrupted: Error {
        let cause: any Error
    }
}
