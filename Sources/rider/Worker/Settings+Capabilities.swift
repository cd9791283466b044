import RiderConfiguration
import RiderHTTP
import RiderIngest
import RiderModel
import RiderProviders

extension Settings {
    /// What the robot and other programs are told of this worker.
    ///
    /// - Parameters:
    ///   - mode: who does a domain's work as far as is known.
    ///   - engines: what works now.
    func capabilities(mode: (Domain) -> ProviderMode?, engines: [EngineStatus]) -> Capabilities {
        func capabilityMode(_ domain: Domain) -> Capabilities.Mode {
            // What nobody here can do is done on the robot, whatever it wishes.
            let isOnline = engines.contains { $0.taskType.domain == domain && $0.worksNow }
            return isOnline && mode(domain) == .pc ? .pc : .local
        }
        func model(_ type: TaskType, else configured: String) -> String {
            engines.first { $0.taskType == type && $0.worksNow }?.engine ?? configured
        }
        var capabilities = Capabilities()
        if vision.isEnabled {
            capabilities.vision = .init(
                model: model(.visionFrame, else: vision.engines.preferred),
                framePriority: ingestConfiguration.framePriority,
                mode: capabilityMode(.vision))
        }
        if voice.isEnabled {
            capabilities.voice = .init(
                asrModel: model(.voiceASR, else: voice.asr.engines.preferred),
                ttsModel: model(.voiceTTS, else: voice.tts.engines.preferred), sampleRate: voice.tts.sampleRate,
                mode: capabilityMode(.voice))
        }
        if text.isEnabled {
            capabilities.text = .init(
                model: text.generate.engines.preferredModel, nluTasks: ["intent", "entities", "sentiment"],
                mode: capabilityMode(.text))
        }
        // Before the first look nothing is promised.
        capabilities.engines = TaskType.allCases.filter(isEnabled).map { type in
            let mine = engines.filter { $0.taskType == type }
            let first = mine.first(where: \.worksNow) ?? mine.first
            return .init(taskType: type, name: first?.engine ?? "", isAvailable: first?.worksNow ?? false)
        }
        return capabilities
    }

    private func isEnabled(_ type: TaskType) -> Bool {
        switch type.domain {
        case .voice: voice.isEnabled
        case .vision: vision.isEnabled
        case .text: text.isEnabled
        }
    }
}
