import Logging
import RiderModel

/// As many processes of one engine as tasks may run at once.
struct CoprocessPool: Sendable {
    private let members: [Coprocess]

    init(
        count: Int, _ configuration: Coprocess.Configuration, logger: Logger, time: TimeSource,
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        members = (0..<max(1, count)).map { _ in
            Coprocess(configuration, logger: logger, time: time, onChange: onChange)
        }
    }

    init(_ engine: CoprocessEngine, _ environment: DomainProvider.Environment) {
        let changes = environment.changes
        self.init(
            count: engine.count, engine.configuration, logger: environment.logger, time: environment.time,
            onChange: { changes.ring() })
    }

    /// The best of what its processes say.
    var readiness: Coprocess.Readiness {
        let all = members.map(\.readiness)
        return all.first { if case .ready = $0 { true } else { false } } ?? all.first ?? .unknown
    }

    /// Keeps the processes alive until cancelled.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in members {
                group.addTask { try await member.run() }
            }
            try await group.waitForAll()
        }
    }

    /// Asks the least busy process, a ready one first. See ``Coprocess/request(notAfter:_:)``.
    func request(notAfter: UInt64? = nil, _ body: (inout JSONWriter) -> Void) async throws -> JSONValue {
        let chosen = members.min { rank($0) < rank($1) }
        guard let chosen else { throw Coprocess.Failure(description: "no process") }
        return try await chosen.request(notAfter: notAfter, body)
    }

    private func rank(_ member: Coprocess) -> Int {
        if case .ready = member.readiness { member.load } else { member.load + 1_000_000 }
    }
}

/// A coprocess as an engine's table describes it.
struct CoprocessEngine: Sendable {
    var configuration: Coprocess.Configuration
    /// Processes.
    var count: Int
}

extension DomainProvider.Environment {
    /// Reads the table of an engine of kind `coprocess` and writes the program's own scripts that its arguments name.
    ///
    /// - Throws: ``ProviderConfigurationError`` when the folder for them cannot be written.
    func coprocess(_ engine: EngineConfiguration) throws(ProviderConfigurationError) -> CoprocessEngine {
        let arguments: [String]
        do {
            arguments = try EngineScript.resolve(engine.arguments, in: engineFolder)
        } catch {
            throw .unusable(key: "data_dir", reason: "\(error)")
        }
        var configuration = Coprocess.Configuration(
            name: engine.name,
            command: [engine.program] + arguments.map { $0.replacing("{model}", with: engine.model) })
        configuration.isFramed = engine.protocolName == "json-frames"
        configuration.maximumLineBytes = engine.limits.maxOutputBytes
        return CoprocessEngine(configuration: configuration, count: engine.limits.maxConcurrent)
    }
}
