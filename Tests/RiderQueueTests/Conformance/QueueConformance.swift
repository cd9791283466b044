import RiderModel
import RiderQueue
import Testing

/// The contract of ``TaskQueue``, written once: every backend runs all of it, one suite per subject.
@Suite(.timeLimit(.minutes(2)))
enum QueueConformance {}

// MARK: - Words of the tests

func envelope(
    _ id: String, _ type: TaskType = .textNLU, _ priority: Int = 5, expiresIn: Duration? = nil, bytes: Int = 0
) throws -> TaskEnvelope {
    let payload = #"{"text":"\#(String(repeating: "x", count: bytes))"}"#
    return try TaskEnvelope(
        id: id, type: type, payload: Array(payload.utf8), priority: try #require(Priority(rawValue: priority)),
        expiresIn: expiresIn)
}

func task(
    _ id: String, _ type: TaskType = .textNLU, _ priority: Int = 5, expiresIn: Duration? = nil, newestWins: Int? = nil
) throws -> NewTask {
    NewTask(try envelope(id, type, priority, expiresIn: expiresIn), durable: false, newestWins: newestWins)
}

extension ClaimRequest {
    /// Room for `count` tasks in each domain.
    static func up(to count: Int, in domains: Domain...) -> ClaimRequest {
        let domains = domains.isEmpty ? Domain.allCases : domains
        return ClaimRequest(
            capacity: Dictionary(uniqueKeysWithValues: domains.map { ($0, count) }), limit: count * domains.count)
    }
}

extension TaskQueue {
    func put(_ ids: String..., type: TaskType = .textNLU, priority: Int = 5) async throws {
        let outcomes = try await enqueue(try ids.map { try task($0, type, priority) })
        #expect(outcomes == ids.map { _ in .queued })
    }

    func claim(_ count: Int = 100, in domains: Domain...) async throws -> [ClaimedTask] {
        var request = ClaimRequest.up(to: count)
        request.limit = count
        if !domains.isEmpty { request.capacity = request.capacity.filter { domains.contains($0.key) } }
        return try await cycle(acknowledging: [], claiming: request).tasks
    }

    func acknowledge(_ tasks: [ClaimedTask]) async throws -> [ClaimedTask.Lease] {
        try await cycle(acknowledging: tasks.map(\.lease), claiming: .nothing).lost
    }
}

extension Array where Element == ClaimedTask {
    var ids: [String] { map(\.envelope.id) }
}
