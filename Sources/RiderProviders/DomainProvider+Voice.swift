import RiderModel

extension DomainProvider {
    /// The voice provider: `voice.tts` and `voice.asr`.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist, or that cannot be made.
    public static func voice(
        _ configuration: VoiceProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        let environment = environment.forOneProvider
        var engines: [any Engine] = []
        let memory = SpeechMemory(maximumBytes: configuration.tts.cacheMaxBytes, environment: environment)
        let stream = SpeechStream(environment.onSpeech)
        for engine in configuration.tts.engines {
            if engine.kind == .builtin {
                engines.append(MockEngine(taskType: .voiceTTS))
            } else {
                engines.append(
                    SpeechEngine(
                        engine: engine, configuration: configuration.tts,
                        synthesizer: try synthesizer(engine, environment), memory: memory, stream: stream))
            }
        }
        for engine in configuration.asr.engines {
            if engine.kind == .coprocess, !configuration.enabled {
                // Neither a script nor a process for nothing.
                engines.append(AbsentEngine(taskType: .voiceASR, name: engine.name, reason: notInitialized))
            } else {
                engines.append(
                    try recognition(
                        .init(engine: engine, configuration: configuration.asr), environment))
            }
        }
        if configuration.tts.engines.isEmpty {
            engines.append(
                AbsentEngine(.voiceTTS, "voice.tts.engines") { _ = try SpeechRequest($0.envelope.payload) })
        }
        if configuration.asr.engines.isEmpty {
            engines.append(
                AbsentEngine(.voiceASR, "voice.asr.engines") { _ = try TranscriptionRequest($0.envelope.payload) })
        }
        return DomainProvider(
            .voice, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: engines, breaker: breaker, environment: environment)
    }

    private static func synthesizer(
        _ engine: EngineConfiguration, _ environment: Environment
    ) throws(ProviderConfigurationError) -> any Synthesizer {
        switch (engine.kind, engine.protocolName) {
        case (.command, let name):
            guard let dialect = ProgramSynthesizer.Dialect(rawValue: name) else { break }
            let advice =
                switch dialect {
                case .espeak: "apt install espeak-ng"
                case .piper: "pip install piper-tts (https://github.com/OHF-Voice/piper1-gpl)"
                }
            return ProgramSynthesizer(
                program: EngineProgram(
                    engine, advice: "\(advice), or set voice.tts.\(engine.name).program", environment: environment),
                dialect: dialect)
        case (.http, "openai"): return SpeechServer(server: try EngineServer(engine, section: "voice.tts"))
        default: break
        }
        throw .unknown(engine, "voice.tts", "command piper", "command espeak-ng", "http openai", "builtin")
    }

    private static func recognition(
        _ settings: RecognitionSettings, _ environment: Environment
    ) throws(ProviderConfigurationError) -> any Engine {
        let engine = settings.engine
        switch (engine.kind, engine.protocolName) {
        case (.http, "openai"):
            return RecognitionServer(
                settings: settings, server: try EngineServer(engine, section: "voice.asr"))
        case (.command, "text"):
            let advice = "https://github.com/ggml-org/whisper.cpp, or set voice.asr.\(engine.name).program"
            return RecognitionCommand(
                settings: settings,
                program: EngineProgram(engine, advice: advice, environment: environment))
        case (.coprocess, _):
            return RecognitionCoprocess(
                settings: settings, pool: CoprocessPool(try environment.coprocess(engine), environment))
        case (.builtin, _): return MockEngine(taskType: .voiceASR)
        default: throw .unknown(engine, "voice.asr", "http openai", "command text", "coprocess", "builtin")
        }
    }
}
