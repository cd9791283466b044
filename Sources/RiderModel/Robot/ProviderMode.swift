/// Who does a domain's work: the robot itself or the PC.
public enum ProviderMode: String, Sendable, Hashable, CaseIterable {
    case local
    case pc
}
