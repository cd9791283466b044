import HTTPTypes
import Hummingbird
import Logging
import RiderMetrics
import RiderModel
import RiderQueue

/// Maps requests to answers: access first, then the table of routes.
struct BridgeResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// A path that is answered; its name is the label of the metrics, so their number is fixed.
    enum Route: String, CaseIterable {
        case metrics = "/metrics"
        case live = "/health/live"
        case ready = "/health/ready"
        case oldHealth = "/healthz"
        case capabilities = "/providers/capabilities"
        case tasks = "/api/tasks"
        case queue = "/api/queue"
        case generate = "/providers/text/generate"
        case replays = "/api/replays"
        case replay = "/api/replays/{run}"

        init?(path: String) {
            // Robots know some paths under two names.
            let path = path.hasPrefix("/api/providers/") ? String(path.dropFirst("/api".count)) : path
            self.init(rawValue: Self.run(in: path) == nil ? path : Self.replay.rawValue)
        }

        /// The number behind `/api/replays/`.
        static func run(in path: String) -> Int64? {
            let beginning = Route.replays.rawValue + "/"
            return path.hasPrefix(beginning) ? Int64(path.dropFirst(beginning.count)) : nil
        }

        var allowedMethods: [HTTPRequest.Method] {
            switch self {
            case .tasks, .generate, .replays: [.post]
            case .replay: [.get, .head, .delete]
            default: [.get, .head]
            }
        }
    }

    private let configuration: HTTPConfiguration
    private let sources: HTTPSources
    private let access: AccessPolicy
    private let tasks: TaskRoute
    private let replays: ReplayRoute
    private let generate: GenerateRoute
    private let measures: RequestMeasures
    private let time: TimeSource

    init(
        configuration: HTTPConfiguration, sources: HTTPSources, measures: RequestMeasures, time: TimeSource,
        makeTaskID: @escaping @Sendable () -> String
    ) {
        self.configuration = configuration
        self.sources = sources
        self.measures = measures
        self.time = time
        access = AccessPolicy(configuration)
        replays = ReplayRoute(configuration, control: sources.replays)
        tasks = TaskRoute(configuration, submit: sources.submit, makeID: makeTaskID)
        generate = GenerateRoute(configuration, generate: sources.generate)
    }

    func respond(to request: Request, context: Context) async -> Response {
        let start = time.monotonicNanoseconds()
        let route = Route(path: request.uri.path)
        var response = await answer(request, route: route, logger: context.logger)
        if request.method == .head { response = response.createHeadResponse() }
        response.headers[.date] = HumanText.httpDate(time.wall())
        measures.record(
            route: route?.rawValue ?? "other", status: response.status.code,
            nanoseconds: time.monotonicNanoseconds() &- start)
        return response
    }

    private func answer(_ request: Request, route: Route?, logger: Logger) async -> Response {
        if let refusal = refusal(of: request, route: route) { return Answer.leavingBody(of: request, refusal) }
        switch route {
        case .tasks: return await tasks.respond(to: request, logger: logger)
        case .generate: return await generate.respond(to: request)
        case .replays, .replay: return await replays.respond(to: request, run: Route.run(in: request.uri.path))
        default: return Answer.leavingBody(of: request, await readOnlyAnswer(route))
        }
    }

    /// - Returns: nil when the request may go on and there is a route for it.
    private func refusal(of request: Request, route: Route?) -> Response? {
        let isReading = request.method == .get || request.method == .head
        // Robots have no token, and a question changes nothing.
        let purpose: AccessPolicy.Purpose = isReading ? .read : route == .generate ? .ask : .change
        if let refusal = access.refusal(
            authority: request.head.authority, origin: request.headers[.origin],
            authorization: request.headers[.authorization], purpose: purpose)
        {
            return refusal.answer
        }
        guard let route else { return Self.notFound }
        guard route.allowedMethods.contains(request.method) else {
            let allowed = route.allowedMethods.map(\.rawValue).joined(separator: ", ")
            return Answer.refusal(
                .methodNotAllowed, code: "method_not_allowed", "\(route.rawValue) takes \(allowed).",
                headers: [.allow: allowed])
        }
        return nil
    }

    private func readOnlyAnswer(_ route: Route?) async -> Response {
        switch route {
        case .metrics:
            Response(
                status: .ok, headers: [.contentType: PrometheusRegistry.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: await sources.metrics())))
        case .live: HealthAnswers.live(at: time.wall())
        case .ready: await readiness()
        case .oldHealth: await oldHealth()
        case .capabilities: capabilities
        case .queue: await queueStats()
        case .tasks, .generate, .replays, .replay, nil: Self.notFound
        }
    }

    private static let notFound = Answer.refusal(
        .notFound, code: "not_found",
        "There is nothing here. Known are: " + Route.allCases.map(\.rawValue).joined(separator: ", "))

    private var capabilities: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let name = HTTPField.Name(HTTPServer.instanceHeader), !configuration.instance.isEmpty {
            headers[name] = configuration.instance
        }
        return Response(
            status: .ok, headers: headers, body: ResponseBody(byteBuffer: sources.capabilities.answer))
    }

    private func checks() async -> [HealthCheck]? {
        await within(configuration.sourceTimeout) { await sources.health.checks() }
    }

    private func readiness() async -> Response {
        HealthAnswers.ready(await checks(), limit: configuration.sourceTimeout, at: time.wall())
    }

    private func oldHealth() async -> Response {
        if let robotHealth = sources.robotHealth { return HealthAnswers.old(robotHealth()) }
        return HealthAnswers.old(await checks())
    }

    private func queueStats() async -> Response {
        guard let queueStats = sources.queueStats else {
            return Answer.refusal(.notFound, code: "no_queue", "This process has no queue.")
        }
        let stats = await within(configuration.sourceTimeout) {
            do throws(QueueError) {
                return try await queueStats() as QueueStats?
            } catch {
                return nil
            }
        }
        guard let stats, let stats else { return QueueAnswer.unavailable }
        return QueueAnswer.stats(stats, at: time.wall())
    }
}
