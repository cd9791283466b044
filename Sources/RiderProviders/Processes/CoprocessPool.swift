import Logging
import RiderModel

/// As many processes of one engine as tasks may run at once.
struct CoprocessPool: Sendable {
    private let members: [Coprocess]

    init(count: Int, _ configuration: Coprocess.Configuration, logger: Logger, time: TimeSource) {
        members = (0..<max(1, count)).map { _ in Coprocess(configuration, logger: logger, time: time) }
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

    /// Asks the least busy process, a ready one first. See ``Coprocess/request(_:)``.
    func request(_ body: (inout JSONWriter) -> Void) async throws -> JSONValue {
        let chosen = members.min { rank($0) < rank($1) }
        guard let chosen else { throw Coprocess.Failure(description: "no process") }
        return try await chosen.request(body)
    }

    private func rank(_ member: Coprocess) -> Int {
        if case .ready = member.readiness { member.load } else { member.load + 1_000_000 }
    }
}
