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
        let understanding: any Engine =
            switch configuration.nlu.engine {
            case RulesEngine.name: try rulesEngine(configuration.nlu.rulesFile)
            case MockEngine.name: MockEngine(taskType: .textNLU)
            default: throw .unknownEngine(configuration.nlu.engine, key: "text.nlu.engine", known: ["rules", "mock"])
            }
        let generation: any Engine =
            switch configuration.generate.engine {
            case OllamaEngine.name:
                OllamaEngine(configuration.generate, timeout: configuration.timeout, environment: environment)
            case MockEngine.name: MockEngine(taskType: .textGenerate)
            default:
                throw .unknownEngine(
                    configuration.generate.engine, key: "text.generate.engine", known: ["ollama", "mock"])
            }
        return DomainProvider(
            .text, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: [understanding, generation], breaker: breaker,
            environment: environment)
    }

    /// The voice provider: `voice.tts` by espeak-ng; `voice.asr` has no engine but the mock.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist.
    public static func voice(
        _ configuration: VoiceProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        let speech: any Engine =
            switch configuration.tts.engine {
            case EspeakEngine.name: EspeakEngine(configuration: configuration.tts)
            case MockEngine.name: MockEngine(taskType: .voiceTTS)
            default:
                throw .unknownEngine(configuration.tts.engine, key: "voice.tts.engine", known: ["espeak-ng", "mock"])
            }
        let transcription: any Engine =
            switch configuration.asrEngine {
            case "":
                AbsentEngine(
                    taskType: .voiceASR, name: "",
                    reason: "No engine for voice.asr: this version has none; transcribe on the robot"
                ) { task throws(EngineError) in _ = try TranscriptionRequest(task.envelope.payload) }
            case MockEngine.name: MockEngine(taskType: .voiceASR)
            default: throw .unknownEngine(configuration.asrEngine, key: "voice.asr.engine", known: ["", "mock"])
            }
        return DomainProvider(
            .voice, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: [speech, transcription], breaker: breaker,
            environment: environment)
    }

    /// The vision provider: `vision.frame` and `vision.detection` by OpenCV in processes of its own.
    ///
    /// - Throws: ``ProviderConfigurationError`` for an engine that does not exist or a folder that cannot be written.
    public static func vision(
        _ configuration: VisionProviderConfiguration, breaker: CircuitBreaker.Configuration,
        environment: Environment = Environment()
    ) throws(ProviderConfigurationError) -> DomainProvider {
        let engines: [any Engine]
        switch configuration.engine {
        case VisionEngine.name where !configuration.enabled:
            // Neither a script nor a process for nothing.
            engines = [TaskType.visionFrame, .visionDetection].map {
                AbsentEngine(taskType: $0, name: VisionEngine.name, reason: notInitialized)
            }
        case VisionEngine.name:
            engines = try visionEngines(configuration, environment)
        case MockEngine.name:
            engines = [MockEngine(taskType: .visionFrame), MockEngine(taskType: .visionDetection)]
        default:
            throw .unknownEngine(configuration.engine, key: "vision.engine", known: ["opencv", "mock"])
        }
        return DomainProvider(
            .vision, isEnabled: configuration.enabled, maxConcurrentTasks: configuration.maxConcurrentTasks,
            timeout: configuration.timeout, engines: engines, breaker: breaker, environment: environment)
    }

    private static func visionEngines(
        _ configuration: VisionProviderConfiguration, _ environment: Environment
    ) throws(ProviderConfigurationError) -> [any Engine] {
        var command = configuration.command
        if command.contains("ENGINE") {
            let path: String
            do {
                path = try EngineScript.writeVisionEngine(into: configuration.engineFolder)
            } catch {
                throw .unusable(key: "data_dir", reason: "\(error)")
            }
            command = command.map { $0 == "ENGINE" ? path : $0 }
        }
        let pool = CoprocessPool(
            count: configuration.maxConcurrentTasks, .init(name: VisionEngine.name, command: command),
            logger: environment.logger, time: environment.time)
        return [TaskType.visionFrame, .visionDetection].map {
            VisionEngine(taskType: $0, configuration: configuration, pool: pool, ownsPool: $0 == .visionFrame)
        }
    }

    private static func rulesEngine(_ file: String) throws(ProviderConfigurationError) -> RulesEngine {
        do {
            if file.isEmpty { return RulesEngine(rules: try .builtIn(), origin: "built-in rules") }
            let text = try String(contentsOfFile: file, encoding: .utf8)
            return RulesEngine(rules: try LanguageRules(toml: text, origin: file), origin: file)
        } catch {
            throw .unusable(key: "text.nlu.rules_file", reason: "\(error)")
        }
    }
}

/// Why a provider cannot be made from its configuration.
public enum ProviderConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    case unknownEngine(String, key: String, known: [String])
    case unusable(key: String, reason: String)

    public var description: String {
        switch self {
        case .unknownEngine(let name, let key, let known):
            "\(key): no engine \"\(name)\"; known are " + known.map { "\"\($0)\"" }.joined(separator: ", ")
        case .unusable(let key, let reason): "\(key): \(reason)"
        }
    }
}
