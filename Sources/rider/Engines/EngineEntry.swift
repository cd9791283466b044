import RiderConfiguration
import RiderModel
import RiderProviders

/// One engine of the configuration as these commands see it.
struct EngineEntry {
    let taskType: TaskType
    /// Where its list and its table are: `voice.asr`.
    let section: String
    let settings: EngineSettings
    /// Its place on the list, from 1; nil when it is not on it.
    let rank: Int?

    var name: String { settings.name }
    var kind: String { settings.text("kind") }

    /// What it runs or asks, for people.
    var place: String {
        let configuration = settings.configuration
        return if !configuration.url.isEmpty {
            configuration.shownURL
        } else {
            configuration.program.isEmpty ? "built in" : configuration.program
        }
    }

    /// Every engine that has a table, by task type, those on the list first.
    static func all(in settings: Settings) -> [EngineEntry] {
        let lists: [(TaskType, String, EngineListSettings)] = [
            (.voiceASR, "voice.asr", settings.voice.asr.engines), (.voiceTTS, "voice.tts", settings.voice.tts.engines),
            (.visionFrame, "vision", settings.vision.engines), (.visionDetection, "vision", settings.vision.engines),
            (.textNLU, "text.nlu", settings.text.nlu.engines),
            (.textGenerate, "text.generate", settings.text.generate.engines),
        ]
        return lists.flatMap { type, section, list in
            let entries = list.all.map { engine in
                EngineEntry(
                    taskType: type, section: section, settings: engine,
                    rank: list.chosen.firstIndex(of: engine.name).map { $0 + 1 })
            }
            return entries.sorted { ($0.rank ?? .max) < ($1.rank ?? .max) }
        }
    }

    /// A provider that has this engine and no other.
    func provider(_ settings: Settings, environment: DomainProvider.Environment) throws -> DomainProvider {
        let engine = [self.settings.configuration]
        switch taskType.domain {
        case .voice:
            var configuration = settings.voiceConfiguration
            configuration.enabled = true
            configuration.asr.engines = taskType == .voiceASR ? engine : []
            configuration.tts.engines = taskType == .voiceTTS ? engine : []
            return try .voice(configuration, breaker: settings.breakerConfiguration, environment: environment)
        case .vision:
            var configuration = settings.visionConfiguration
            configuration.enabled = true
            configuration.engines = engine
            return try .vision(configuration, breaker: settings.breakerConfiguration, environment: environment)
        case .text:
            var configuration = settings.textConfiguration
            configuration.enabled = true
            configuration.nlu.engines = taskType == .textNLU ? engine : []
            configuration.generate.engines = taskType == .textGenerate ? engine : []
            configuration.generate.cacheEnabled = false
            return try .text(configuration, breaker: settings.breakerConfiguration, environment: environment)
        }
    }
}
