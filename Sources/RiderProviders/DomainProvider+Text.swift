import FoundationEssentials
import RiderModel

extension DomainProvider {
    /// The text provider: `text.nlu` by rules, `text.generate` by a language model.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist or rules that cannot be read.
    public static func text(
        _ configuration: TextProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        let environment = environment.forOneProvider
        var engines: [any Engine] = []
        for engine in configuration.nlu.engines {
            switch engine.kind {
            case .builtin where engine.name == MockEngine.name: engines.append(MockEngine(taskType: .textNLU))
            case .builtin: engines.append(try rulesEngine(engine))
            case .http:
                let rules = try rulesEngine(.rules).rules
                engines.append(
                    ModelUnderstandingEngine(
                        model: try LanguageModel(engine, section: "text.nlu", environment: environment),
                        intents: rules.intents.map(\.name), entityTypes: rules.entityTypes))
            default: throw .unknown(engine, "text.nlu", "builtin", "http ollama", "http openai")
            }
        }
        let cache = AnswerCache(configuration.generate, factory: environment.metrics)
        for engine in configuration.generate.engines {
            switch engine.kind {
            case .http:
                engines.append(
                    GenerationEngine(
                        model: try LanguageModel(engine, section: "text.generate", environment: environment),
                        configuration: configuration.generate, cache: cache, time: environment.time))
            case .builtin: engines.append(MockEngine(taskType: .textGenerate))
            default: throw .unknown(engine, "text.generate", "http", "builtin")
            }
        }
        if configuration.nlu.engines.isEmpty {
            engines.append(
                AbsentEngine(.textNLU, "text.nlu.engines") { _ = try UnderstandingRequest($0.envelope.payload) })
        }
        if configuration.generate.engines.isEmpty {
            engines.append(
                AbsentEngine(.textGenerate, "text.generate.engines") {
                    _ = try GenerationRequest($0.envelope.payload, defaults: configuration.generate)
                })
        }
        return DomainProvider(
            .text, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: engines, breaker: breaker, environment: environment)
    }

    private static func rulesEngine(_ engine: EngineConfiguration) throws(ProviderConfigurationError) -> RulesEngine {
        do {
            if engine.file.isEmpty { return RulesEngine(rules: try .builtIn(), origin: "built-in rules") }
            let text = try String(contentsOfFile: engine.file, encoding: .utf8)
            return RulesEngine(rules: try LanguageRules(toml: text, origin: engine.file), origin: engine.file)
        } catch {
            throw .unusable(key: "text.nlu.\(engine.name).file", reason: "\(error)")
        }
    }
}
