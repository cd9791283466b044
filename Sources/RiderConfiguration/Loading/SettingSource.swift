/// Where a value comes from.
public enum SettingSource: Sendable, Hashable, CustomStringConvertible {
    /// The defaults in the program.
    case builtIn
    /// A TOML file.
    case file(path: String, line: Int)
    /// A `.env` file.
    case dotEnv(path: String, line: Int, name: String)
    /// A variable of the environment.
    case environment(name: String)
    /// A flag on the command line.
    case flag(String)

    public var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let path, let line): "\(path):\(line)"
        case .dotEnv(let path, let line, let name): "\(path):\(line) \(name)"
        case .environment(let name): "environment \(name)"
        case .flag(let name): name
        }
    }
}
