/// One engine as the configuration describes it: a table such as `[voice.asr.whisper-server]`.
///
/// Which fields count depends on ``kind``; the others keep their defaults.
public struct EngineConfiguration: Sendable, Hashable {
    /// How a program gets its input.
    public enum Input: String, Sendable, Hashable, CaseIterable {
        case standardInput = "stdin"
        /// In a file of its own, whose path stands for `{input}` in the arguments; it is removed afterwards.
        case file
    }

    /// The table's name; it is what lists of engines, results, metrics and logs call it.
    public var name: String
    /// `kind`.
    public var kind: EngineKind
    /// `protocol`: what is said to it and how its answer is read, such as `openai`. Each task type knows its own few.
    public var protocolName: String
    public var limits: EngineLimits

    /// `program` of a command or coprocess: a path, or a name to be found in PATH.
    public var program: String
    /// `arguments` of the program, each one argument. No shell is involved.
    public var arguments: [String]
    /// `input` of a command.
    public var input: Input

    /// `url` of a server, `http` or `https`.
    public var url: String
    /// `api_key`: sent in ``apiKeyHeader`` when it is not empty; never shown.
    public var apiKey: String
    /// `api_key_header`: with `Authorization` the key is sent as a bearer token, under another name as it is.
    public var apiKeyHeader: String
    /// `retries` of a request that a busy server turned away, or that lost its connection before an answer began.
    public var retries: Int
    /// `ca_file`: certificates in PEM to trust besides the machine's own; empty for none.
    public var certificateFile: String

    /// `file` of a built-in engine; empty for what is in the program.
    public var file: String

    /// `model`: a name that the server knows, or a file.
    public var model: String
    /// `voice` for tasks whose voice is `default`.
    public var voice: String
    /// `languages`: two-letter codes of what it understands or speaks; empty means whatever a task asks for.
    public var languages: [String]

    public init(
        name: String, kind: EngineKind, protocolName: String = "", limits: EngineLimits = .init(),
        program: String = "", arguments: [String] = [], input: Input = .standardInput, url: String = "",
        apiKey: String = "", apiKeyHeader: String = "Authorization", retries: Int = 1, certificateFile: String = "",
        file: String = "", model: String = "", voice: String = "", languages: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.protocolName = protocolName
        self.limits = limits
        self.program = program
        self.arguments = arguments
        self.input = input
        self.url = url
        self.apiKey = apiKey
        self.apiKeyHeader = apiKeyHeader
        self.retries = retries
        self.certificateFile = certificateFile
        self.file = file
        self.model = model
        self.voice = voice
        self.languages = languages
    }
}

extension EngineConfiguration {
    /// The address for people: without a user's name and password and without a query, which may hold a key.
    public var shownURL: String {
        let address = url.prefix { $0 != "?" && $0 != "#" }
        guard let start = address.firstRange(of: "://")?.upperBound else { return String(address) }
        let host = address[start...].prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return String(address) }
        return String(address[..<start] + address[address.index(after: at)...])
    }

    /// `[voice.asr.pocketsphinx]`.
    public static let pocketSphinx = EngineConfiguration(
        name: "pocketsphinx", kind: .coprocess, protocolName: "json-lines",
        limits: .init(timeout: .seconds(20), maxOutputBytes: 1 << 20, maxConcurrent: 1), program: "/usr/bin/python3",
        arguments: ["{engines}/speech_pocketsphinx.py", "{model}"], model: "/usr/share/pocketsphinx/model/en-us",
        languages: ["en"])

    /// `[voice.tts.espeak-ng]`.
    public static let espeak = EngineConfiguration(
        name: "espeak-ng", kind: .command, protocolName: "espeak-ng",
        limits: .init(timeout: .seconds(20), maxConcurrent: 2), program: "espeak-ng",
        arguments: ["-v", "{voice}", "-s", "{words_per_minute}", "-b", "1", "--stdin", "--stdout"], voice: "pl")

    /// `[text.nlu.rules]`.
    public static let rules = EngineConfiguration(name: "rules", kind: .builtin)

    /// `[text.generate.ollama]`.
    public static let ollama = EngineConfiguration(
        name: "ollama", kind: .http, protocolName: "ollama",
        limits: .init(timeout: .seconds(60), maxOutputBytes: 1 << 20, maxConcurrent: 2), url: "http://127.0.0.1:11434",
        model: "llama3.2:1b")

    /// `[vision.opencv]`.
    public static let openCV = EngineConfiguration(
        name: "opencv", kind: .coprocess, protocolName: "json-lines",
        limits: .init(timeout: .seconds(10), maxOutputBytes: 1 << 20, maxConcurrent: 1), program: "/usr/bin/python3",
        arguments: ["{engines}/vision_opencv.py", "--model", "{model}"])

    /// The `mock` table of any task type.
    public static let mock = EngineConfiguration(name: "mock", kind: .builtin)
}
