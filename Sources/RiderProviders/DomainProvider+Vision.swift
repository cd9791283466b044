import RiderModel

extension DomainProvider {
    /// The vision provider: `vision.frame` and `vision.detection` by OpenCV in processes of its own or by servers.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist or a folder that cannot be written.
    public static func vision(
        _ configuration: VisionProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        let environment = environment.forOneProvider
        var engines: [any Engine] = []
        for engine in configuration.engines {
            switch engine.kind {
            case .coprocess where !configuration.enabled:
                // Neither a script nor a process for nothing.
                engines += [TaskType.visionFrame, .visionDetection].map {
                    AbsentEngine(taskType: $0, name: engine.name, reason: notInitialized)
                }
            case .coprocess: engines += try visionCoprocess(engine, configuration, environment)
            case .builtin: engines += [MockEngine(taskType: .visionFrame), MockEngine(taskType: .visionDetection)]
            case .http:
                guard let speech = VisionProtocol(rawValue: engine.protocolName) else {
                    throw .unknown(engine, "vision", "http json", "http kserve")
                }
                let eye = ServerEye(server: try EngineServer(engine, section: "vision"), speech: speech)
                engines += visionEngines(engine, eye, configuration, environment)
            case .command: throw .unknown(engine, "vision", "coprocess json-lines", "http json", "builtin")
            }
        }
        if configuration.engines.isEmpty {
            engines.append(
                AbsentEngine(.visionFrame, "vision.engines") { _ = try FrameRequest($0.envelope) })
            engines.append(
                AbsentEngine(.visionDetection, "vision.engines") { _ = try DetectionRequest($0.envelope.payload) })
        }
        return DomainProvider(
            .vision, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: engines, breaker: breaker, environment: environment)
    }

    private static func visionCoprocess(
        _ engine: EngineConfiguration, _ configuration: VisionProviderConfiguration, _ environment: Environment
    ) throws(ProviderConfigurationError) -> [any Engine] {
        let eye = CoprocessEye(
            program: engine.program, pool: CoprocessPool(try environment.coprocess(engine), environment))
        return visionEngines(engine, eye, configuration, environment)
    }

    private static func visionEngines(
        _ engine: EngineConfiguration, _ eye: any Eye, _ configuration: VisionProviderConfiguration,
        _ environment: Environment
    ) -> [any Engine] {
        [TaskType.visionFrame, .visionDetection].map {
            VisionEngine(
                taskType: $0, name: engine.name, limits: engine.limits, configuration: configuration, eye: eye,
                ownsEye: $0 == .visionFrame, time: environment.time)
        }
    }
}
