import RiderModel
import Synchronization

/// A language model behind a server, whichever of the protocols that speaks.
final class LanguageModel: Sendable {
    let engine: EngineConfiguration
    let server: EngineServer
    private let kind: ModelProtocol
    private let metrics: GenerationMetrics
    private let time: TimeSource

    /// - Parameter section: of the engine's table, for messages.
    init(
        _ engine: EngineConfiguration, section: String, environment: DomainProvider.Environment
    ) throws(ProviderConfigurationError) {
        guard let kind = ModelProtocol(rawValue: engine.protocolName) else {
            throw .unknownEngine(
                "http \(engine.protocolName)", section: section,
                known: ModelProtocol.allCases.map { "http " + $0.rawValue })
        }
        self.engine = engine
        self.kind = kind
        server = try EngineServer(engine, section: section)
        metrics = GenerationMetrics(engine: engine.name, model: engine.model, factory: environment.metrics)
        time = environment.time
    }

    /// Whether the server is there and has the model.
    ///
    /// - Returns: what there is, or what is missing and how to get it.
    func status() async throws -> (isThere: Bool, detail: String) {
        let answer: EngineServer.Answer
        do {
            answer = try await server.get(kind.listAddress(of: engine))
        } catch let failure as EngineServerFailure {
            return (false, failure.text + advice)
        }
        let detail = "\(engine.model) at \(engine.shownURL)"
        if [401, 403].contains(answer.status) {
            return (false, "\(engine.shownURL) refuses the key (HTTP \(answer.status)): set api_key")
        }
        switch kind {
        case .ollama:
            guard answer.status == 200, let models = answer.json?["models"]?.array else {
                return (false, "\(engine.shownURL) does not answer like Ollama (HTTP \(answer.status))")
            }
            let names = models.compactMap { $0["name"]?.string }
            guard names.contains(where: { $0 == engine.model || $0 == engine.model + ":latest" }) else {
                return (false, "Ollama has no model \(engine.model): ollama pull \(engine.model)")
            }
            return (true, detail)
        case .openAI:
            guard answer.status < 500 else { return (false, "\(engine.shownURL) answers HTTP \(answer.status)") }
            return (true, detail)
        case .gemini:
            guard answer.status == 200 else {
                return (false, "\(engine.shownURL) has no model \(engine.model) (HTTP \(answer.status))")
            }
            return (true, detail)
        }
    }

    /// Asks and waits for the whole answer.
    ///
    /// - Throws: ``EngineError``, `CancellationError`.
    func ask(_ question: ModelQuestion) async throws -> GeneratedText {
        let start = time.monotonicNanoseconds()
        let reader = Mutex(ModelAnswerReader(kind))
        do {
            do {
                try await server.postForLines(kind.address(of: engine), kind.body(question, model: engine.model)) {
                    contentType, line in
                    try reader.withLock { try $0.take(line, contentType: contentType) }
                }
            } catch let failure as EngineServerFailure where failure.kind == .connection {
                // Some servers just stop after their last word.
                guard reader.withLock(\.mayEndHere) else { throw failure }
            }
            let answer = reader.withLock(\.answer)
            metrics.answered(answer, nanoseconds: time.monotonicNanoseconds() &- start)
            return answer
        } catch let problem as ModelAnswerReader.Problem {
            metrics.failed(.answer)
            switch problem {
            case .server(let words): throw EngineError.failed("\(engine.name) failed: \(words.prefix(200))")
            case .malformed:
                throw EngineError.failed("\(engine.name)'s answer is not what \(kind.rawValue) servers send")
            case .declined(let words): throw EngineError.unsuited("\(engine.name) declined: \(words.prefix(200))")
            }
        } catch let failure as EngineServerFailure {
            metrics.failed(.init(failure.kind))
            if kind == .ollama, failure.status == 404 {
                throw EngineError.failed("\(failure.text) (ollama pull \(engine.model))")
            }
            throw failure.isAway ? EngineError.failed(failure.text + advice) : failure.engineError
        } catch {
            if error is CancellationError { metrics.failed(.cancelled) }
            throw error
        }
    }

    private var advice: String {
        switch kind {
        case .ollama:
            ": install it from https://ollama.com and run `ollama serve`, or set the engine's url"
        case .openAI: EngineServerFailure.advice
        case .gemini: ": is this machine online?"
        }
    }
}
