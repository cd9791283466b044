import AsyncHTTPClient
import Metrics
import NIOCore
import NIOHTTP1
import RiderModel
import Synchronization

/// `text.generate` by a language model behind Ollama's HTTP interface.
final class OllamaEngine: Engine {
    private let engine: EngineConfiguration
    private let configuration: GenerationConfiguration
    private let client: HTTPClient
    private let isShutDown = Atomic(false)
    private let cache: Mutex<AnswerCache>
    private let metrics: GenerationMetrics
    private let time: TimeSource

    init(
        _ engine: EngineConfiguration, _ configuration: GenerationConfiguration, environment: DomainProvider.Environment
    ) {
        self.configuration = configuration
        self.engine = engine
        time = environment.time
        cache = Mutex(
            AnswerCache(
                lifetime: configuration.cacheLifetime,
                maximumCount: configuration.cacheEnabled ? configuration.cacheMaxCount : 0,
                maximumBytes: configuration.cacheMaxBytes))
        metrics = GenerationMetrics(engine: engine.name, model: engine.model, factory: environment.metrics)
        var client = HTTPClient.Configuration()
        client.timeout = .init(connect: .seconds(3), read: nil)
        client.redirectConfiguration = .disallow
        client.connectionPool.idleTimeout = .seconds(30)
        // A refused connection is an answer: the robot is waiting.
        client.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: client)
    }

    deinit {
        // Only when `run` was never called.
        if !isShutDown.load(ordering: .acquiring) { client.shutdown { _ in } }
    }

    var taskType: TaskType { .textGenerate }
    var name: String { engine.name }
    var limits: EngineLimits { engine.limits }
    var kind: EngineKind { .http }

    /// Keeps the connections until cancelled.
    func run() async throws {
        let forever = AsyncStream<Never> { _ in }
        for await _ in forever {}
        if !isShutDown.exchange(true, ordering: .acquiringAndReleasing) { try await client.shutdown() }
    }

    func status() async -> EngineStatus {
        do {
            let request = HTTPClientRequest(url: engine.url + "/api/tags")
            let response = try await client.execute(request, timeout: .seconds(2))
            let body = try await response.body.collect(upTo: limits.maxOutputBytes)
            guard response.status == .ok, let models = try JSONValue(parsing: body.readableBytesView)["models"]?.array
            else { return missing("\(engine.url) does not answer like Ollama (HTTP \(response.status.code))") }
            let names = models.compactMap { $0["name"]?.string }
            let model = engine.model
            guard names.contains(where: { $0 == model || $0 == model + ":latest" }) else {
                return missing("Ollama has no model \(model): ollama pull \(model)")
            }
            return available("\(model) at \(engine.url)")
        } catch {
            return missing(Self.unreachable(engine.url))
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try GenerationRequest(task.envelope.payload, defaults: configuration)
        let key = AnswerCache.Key(
            model: engine.model, prompt: request.prompt, system: request.system, maxTokens: request.maxTokens,
            temperature: request.temperature, topP: configuration.topP, topK: configuration.topK)
        if configuration.cacheEnabled {
            let known = cache.withLock { $0.answer(for: key, at: time.monotonicNanoseconds()) }
            if let known {
                metrics.cacheHits.increment()
                return result(known, request, isFromCache: true)
            }
            metrics.cacheMisses.increment()
        }
        let answer = try await ask(request)
        if configuration.cacheEnabled {
            cache.withLock { $0.remember(answer, for: key, at: time.monotonicNanoseconds()) }
        }
        return result(answer, request, isFromCache: false)
    }

    private func ask(_ request: GenerationRequest) async throws -> GeneratedText {
        let start = time.monotonicNanoseconds()
        do {
            let answer = try await post(request)
            metrics.answered(answer, nanoseconds: time.monotonicNanoseconds() &- start)
            return answer
        } catch {
            let failure = Failure(error, host: engine.url)
            metrics.failed(failure.kind)
            if failure.kind == .cancelled { throw CancellationError() }
            throw EngineError.failed(failure.text)
        }
    }

    private func post(_ question: GenerationRequest) async throws -> GeneratedText {
        var request = HTTPClientRequest(url: engine.url + "/api/generate")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(body(question))
        let nanoseconds = Int64(limits.timeout.inSeconds * 1e9)
        let response = try await client.execute(request, timeout: .nanoseconds(nanoseconds))
        let body: ByteBuffer
        do {
            body = try await response.body.collect(upTo: limits.maxOutputBytes)
        } catch is NIOTooManyBytesError {
            throw Failure(.answer, "Ollama's answer is larger than \(limits.maxOutputBytes) bytes")
        }
        let answer = try? JSONValue(parsing: body.readableBytesView)
        guard response.status == .ok else {
            let said = answer?["error"]?.string.map { ": " + String($0.prefix(200)) } ?? ""
            let advice = response.status == .notFound ? " (ollama pull \(engine.model))" : ""
            throw Failure(.status, "Ollama answered HTTP \(response.status.code)\(said)\(advice)")
        }
        guard let answer, let text = answer["response"]?.string else {
            throw Failure(.answer, "Ollama's answer is not the JSON it documents")
        }
        return GeneratedText(
            text: text, promptTokens: max(0, answer["prompt_eval_count"]?.int ?? 0),
            completionTokens: max(0, answer["eval_count"]?.int ?? 0))
    }

    private func body(_ question: GenerationRequest) -> [UInt8] {
        var writer = JSONWriter(capacity: question.prompt.utf8.count + question.system.utf8.count + 256)
        writer.object { writer in
            writer.key("model")
            writer.string(engine.model)
            writer.key("prompt")
            writer.string(question.prompt)
            if !question.system.isEmpty {
                writer.key("system")
                writer.string(question.system)
            }
            writer.key("stream")
            writer.bool(false)
            writer.key("options")
            writer.object { writer in
                writer.key("num_predict")
                writer.integer(question.maxTokens)
                writer.key("temperature")
                writer.number(question.temperature)
                writer.key("top_p")
                writer.number(configuration.topP)
                writer.key("top_k")
                writer.integer(configuration.topK)
            }
        }
        return writer.bytes
    }

    private func result(_ answer: GeneratedText, _ request: GenerationRequest, isFromCache: Bool) -> TaskResult {
        .completed(
            [
                "text": .string(answer.text),
                "tokens_used": .integer(Int64(answer.promptTokens + answer.completionTokens)),
                "from_cache": .bool(isFromCache),
            ],
            meta: [
                .init("model", .string(engine.model)), .init("engine", .string(engine.name)),
                .init("max_tokens", .integer(Int64(request.maxTokens))),
                .init("temperature", .number(request.temperature)),
                .init("prompt_length", .integer(Int64(request.promptLength))),
                .init("prompt_tokens", .integer(Int64(answer.promptTokens))),
                .init("completion_tokens", .integer(Int64(answer.completionTokens))),
            ])
    }

    static func unreachable(_ host: String) -> String {
        "Ollama does not answer at \(host): install it from https://ollama.com and run `ollama serve`, or set text.generate.ollama.url"
    }
}

/// Why the model's server gave no answer.
private struct Failure: Error {
    let kind: GenerationMetrics.ErrorKind
    let text: String

    init(_ kind: GenerationMetrics.ErrorKind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    init(_ error: any Error, host: String) {
        switch error {
        case let failure as Failure:
            self = failure
        case is CancellationError:
            self.init(.cancelled, "cancelled")
        case let error as HTTPClientError where error == .cancelled:
            self.init(.cancelled, "cancelled")
        case let error as HTTPClientError where error == .connectTimeout:
            self.init(.connection, OllamaEngine.unreachable(host))
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self.init(.timeout, "Ollama did not answer in time")
        case let error as HTTPClientError:
            self.init(.connection, "The connection to Ollama at \(host) failed: \(error.shortDescription)")
        case let error as HTTPParserError:
            self.init(.connection, "The connection to Ollama at \(host) broke in the middle of an answer: \(error)")
        default:
            self.init(.connection, OllamaEngine.unreachable(host))
        }
    }
}
