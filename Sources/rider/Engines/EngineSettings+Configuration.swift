import RiderConfiguration
import RiderProviders

extension EngineSettings {
    /// The table as the providers take it.
    var configuration: EngineConfiguration {
        var limits = EngineLimits()
        limits.timeout = integer("timeout_seconds").map { .seconds($0) } ?? limits.timeout
        limits.maxOutputBytes = integer("max_output_bytes") ?? limits.maxOutputBytes
        limits.maxConcurrent = integer("max_concurrent") ?? limits.maxConcurrent
        // A kind is one of the words that its key is limited to.
        let kind = EngineKind(rawValue: text("kind")) ?? .builtin
        var configuration = EngineConfiguration(
            name: name, kind: kind, protocolName: text("protocol"), limits: limits)
        configuration.program = text("program")
        configuration.arguments = texts("arguments")
        configuration.input = .init(rawValue: text("input")) ?? .standardInput
        configuration.url = text("url")
        configuration.apiKey = text("api_key")
        configuration.apiKeyHeader = text("api_key_header")
        configuration.retries = integer("retries") ?? 0
        configuration.certificateFile = text("ca_file")
        configuration.file = text("file")
        configuration.model = text("model")
        configuration.voice = text("voice")
        configuration.languages = texts("languages")
        return configuration
    }
}

extension EngineListSettings {
    /// Those that are on the list, in its order.
    var chosenConfigurations: [EngineConfiguration] {
        chosen.compactMap { name in all.first { $0.name == name }?.configuration }
    }

    /// The name of the first choice; empty when there is none.
    var preferred: String { chosen.first ?? "" }

    /// The model of the first choice, else its name.
    var preferredModel: String {
        chosenConfigurations.first.map { $0.model.isEmpty ? $0.name : $0.model } ?? ""
    }
}
