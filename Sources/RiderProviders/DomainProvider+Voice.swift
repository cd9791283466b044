import RiderModel

extension DomainProvider {
    /// The voice provider: `voice.tts` and `voice.asr`.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist.
    public static func voice(
        _ configuration: VoiceProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        var engines: [any Engine] = []
        for engine in configuration.tts.engines {
            switch (engine.kind, engine.protocolName) {
            case (.command, "espeak-ng"):
                engines.append(EspeakEngine(engine: engine, configuration: configuration.tts))
            case (.builtin, _): engines.append(MockEngine(taskType: .voiceTTS))
            default: throw .unknown(engine, "voice.tts", "command espeak-ng", "builtin")
            }
        }
        for engine in configuration.asr.engines {
            switch (engine.kind, engine.protocolName) {
            case (.coprocess, _) where !configuration.enabled:
                engines.append(AbsentEngine(taskType: .voiceASR, name: engine.name, reason: notInitialized))
            case (.coprocess, _):
                engines.append(
                    RecognitionCoprocess(
                        settings: .init(engine: engine, configuration: configuration.asr),
                        pool: CoprocessPool(try environment.coprocess(engine), environment)))
            case (.builtin, _): engines.append(MockEngine(taskType: .voiceASR))
            default: throw .unknown(engine, "voice.asr", "coprocess json-lines", "builtin")
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
}
