/// The files of `config/` that hold settings, embedded in the program.
public enum DefaultFile: String, Sendable, Hashable, CaseIterable {
    case rider = "rider.toml"
    case voice = "voice_provider.toml"
    case vision = "vision_provider.toml"
    case text = "text_provider.toml"

    public var name: String { rawValue }

    /// The file as `rider config init` writes it.
    public var contents: [UInt8] {
        switch self {
        case .rider: PackageResources.rider_toml
        case .voice: PackageResources.voice_provider_toml
        case .vision: PackageResources.vision_provider_toml
        case .text: PackageResources.text_provider_toml
        }
    }

    /// The one section of a provider's file. A file without it is read as if the section's header were its first line, as
    /// the program that `rider` replaces did.
    var section: String? {
        switch self {
        case .rider: nil
        case .voice: "voice"
        case .vision: "vision"
        case .text: "text"
        }
    }
}
