import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import RiderModel
import RiderReplay

/// The replays of a running worker, asked for over HTTP.
struct WorkerReplays: ReplayControl {
    private static let longestAnswer = 1 << 20
    /// Counting the rows of a large journal takes a while.
    private static let beginTimeout = TimeAmount.seconds(120)
    private static let timeout = TimeAmount.seconds(15)

    private let client: HTTPClient
    private let url: String
    private let token: String

    /// Calls `use` with a connection to a worker and closes it.
    static func use<Value: Sendable>(
        url: String, token: String, _ use: (WorkerReplays) async throws -> Value
    ) async throws -> Value {
        let client = HTTPClient(eventLoopGroupProvider: .singleton)
        let result: Result<Value, any Error>
        do {
            result = .success(try await use(WorkerReplays(client: client, url: url, token: token)))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try result.get()
    }

    func start(_ request: ReplayRequest) async throws(ReplayRefusal) -> ReplayProgress {
        try await progress(.POST, "/api/replays", body: request.json, timeout: Self.beginTimeout)
    }

    func resume(
        _ id: Int64, rate: ReplayRate?, wait: Duration, isWatched: Bool
    ) async throws(ReplayRefusal) -> ReplayProgress {
        var members: [JSONValue.Member] = [
            .init("resume", .integer(id)), .init("wait_seconds", .number(wait.inSeconds)),
            .init("watched", .bool(isWatched)),
        ]
        if let rate { members.append(.init("rate", .string(rate.description))) }
        return try await progress(.POST, "/api/replays", body: .object(members), timeout: Self.beginTimeout)
    }

    func progress(
        of id: Int64, after version: Int64, within limit: Duration
    ) async throws(ReplayRefusal) -> ReplayProgress? {
        try await progress(.GET, "/api/replays/\(id)?after=\(version)", timeout: Self.timeout)
    }

    func stop(_ id: Int64) async throws(ReplayRefusal) -> Bool {
        _ = try await progress(.DELETE, "/api/replays/\(id)", timeout: Self.timeout)
        return true
    }

    private func progress(
        _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, timeout: TimeAmount
    ) async throws(ReplayRefusal) -> ReplayProgress {
        let (status, answer) = try await ask(method, path, body: body, timeout: timeout)
        if status == 200 || status == 202, let progress = answer.flatMap(ReplayProgress.init(json:)) { return progress }
        let said = answer?["error"]?.string ?? "the worker at \(url) answered HTTP \(status)"
        switch status {
        case 400: throw .invalid(said)
        case 404: throw .notFound(said)
        default: throw .unavailable(said)
        }
    }

    private func ask(
        _ method: HTTPMethod, _ path: String, body: JSONValue?, timeout: TimeAmount
    ) async throws(ReplayRefusal) -> (status: Int, JSONValue?) {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        if !token.isEmpty { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body.encoded)
        }
        do {
            let response = try await client.execute(request, timeout: timeout)
            let bytes = try await response.body.collect(upTo: Self.longestAnswer)
            return (Int(response.status.code), try? JSONValue(parsing: bytes.readableBytesView))
        } catch {
            throw .unavailable("the worker at \(url) does not answer (\(error)); is it still running?")
        }
    }
}
