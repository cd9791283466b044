/// Why a provider cannot be made from its configuration.
public enum ProviderConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No engine of this task type is of this kind and speaks this protocol.
    case unknownEngine(String, section: String, known: [String])
    case unusable(key: String, reason: String)

    public var description: String {
        switch self {
        case .unknownEngine(let engine, let section, let known):
            "\(section): there is no engine that is \(engine); there are \(known.joined(separator: ", "))"
        case .unusable(let key, let reason): "\(key): \(reason)"
        }
    }

    static func unknown(_ engine: EngineConfiguration, _ section: String, _ known: String...) -> Self {
        .unknownEngine("\(engine.kind.rawValue) \(engine.protocolName)", section: section, known: known)
    }
}
