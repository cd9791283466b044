/// Puts the layers together: embedded defaults, files, `.env`, environment, flags; later beats earlier.
///
///     let configuration = try ConfigurationLoader.standard(environment: environment).load()
///     configuration.settings.queue.maxSize
public struct ConfigurationLoader: Sendable {
    /// A value given on the command line.
    public struct Flag: Sendable, Hashable {
        /// How the flag is called in messages.
        public var name: String
        public var key: String
        public var text: String

        public init(name: String, key: String, text: String) {
            self.name = name
            self.key = key
            self.text = text
        }
    }

    /// Folders with TOML files, the weakest first. Those that do not exist are passed over.
    public var directories: [String]
    /// A folder that must exist and stands in the place of ``directories``.
    public var requiredDirectory: String?
    /// A file that need not exist.
    public var dotEnvPath: String?
    public var environment: [String: String]
    public var flags: [Flag]

    public init(
        directories: [String] = [], requiredDirectory: String? = nil, dotEnvPath: String? = nil,
        environment: [String: String] = [:], flags: [Flag] = []
    ) {
        self.directories = directories
        self.requiredDirectory = requiredDirectory
        self.dotEnvPath = dotEnvPath
        self.environment = environment
        self.flags = flags
    }

    /// What the program uses: `config/` and `.env` in the working directory, and `/etc/rider/`, which beats `config/`.
    public static func standard(
        directory: String? = nil, environment: [String: String], flags: [Flag] = []
    ) -> ConfigurationLoader {
        ConfigurationLoader(
            directories: ["config", "/etc/rider"], requiredDirectory: directory, dotEnvPath: ".env",
            environment: environment, flags: flags)
    }

    /// Reads everything and checks all of it.
    ///
    /// - Throws: ``ConfigurationError`` with every error in every layer.
    public func load() throws(ConfigurationError) -> LoadedConfiguration {
        var gathering = ConfigurationGathering(schema: .builtIn)
        if let requiredDirectory {
            gathering.readRequired(directory: requiredDirectory)
        } else {
            for directory in directories { gathering.read(directory: directory) }
        }
        gathering.readVariables(dotEnvPath: dotEnvPath, environment: environment)
        gathering.readFlags(flags)
        return try gathering.finish()
    }
}
