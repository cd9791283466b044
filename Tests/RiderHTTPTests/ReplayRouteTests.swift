import Hummingbird
import HummingbirdTesting
import RiderModel
import RiderReplay
import Synchronization
import Testing

@testable import RiderHTTP

/// Remembers what it is asked for.
private final class FakeReplays: ReplayControl {
    struct State {
        var started: [ReplayRequest] = []
        var resumed: [Int64] = []
        var watched: [Bool] = []
        var stopped: [Int64] = []
        var refusal: ReplayRefusal?
    }

    let state = Mutex(State())

    private func progress() throws(ReplayRefusal) -> ReplayProgress {
        if let refusal = state.withLock({ $0.refusal }) { throw refusal }
        return ReplayProgress(run: 7, phase: .sending)
    }

    func start(_ request: ReplayRequest) async throws(ReplayRefusal) -> ReplayProgress {
        state.withLock { $0.started.append(request) }
        return try progress()
    }

    func resume(
        _ id: Int64, rate: ReplayRate?, wait: Duration, isWatched: Bool
    ) async throws(ReplayRefusal) -> ReplayProgress {
        state.withLock {
            $0.resumed.append(id)
            $0.watched.append(isWatched)
        }
        return try progress()
    }

    func progress(
        of id: Int64, after version: Int64, within limit: Duration
    ) async throws(ReplayRefusal) -> ReplayProgress? {
        id == 7 ? try progress() : nil
    }

    func stop(_ id: Int64) async throws(ReplayRefusal) -> Bool {
        state.withLock { $0.stopped.append(id) }
        return id == 7
    }
}

struct ReplayRouteTests {
    private let replays = FakeReplays()

    private func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", type: String? = "application/json",
        host: String? = nil, _ configuration: HTTPConfiguration = .init()
    ) async throws -> TestResponse {
        var sources = TestBridge().sources()
        sources.replays = replays
        let server = HTTPServer(
            configuration: configuration, sources: sources, time: .fixed, logger: .quiet)
        var headers = HTTPFields()
        if let type { headers[.contentType] = type }
        if let host { headers[.init("Origin") ?? .origin] = host }
        return try await server.application().test(.router) { [headers] client in
            try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
        }
    }

    @Test func `a replay begins and its progress is the answer`() async throws {
        let response = try await ask(.post, "/api/replays", #"{"since":"2h","rate":"200/s"}"#)
        #expect(response.status == .accepted)
        #expect(response.json?["run"]?.int == 7)
        #expect(replays.state.withLock { $0.started.first?.rate } == .perSecond(200))
    }

    @Test(arguments: [
        #"{"sinse":"2h"}"#, "no json", #"{"resume":7,"since":"2h"}"#, #"{"resume":"x"}"#, #"{"resume":7,"watched":1}"#,
    ])
    func `what is not understood begins nothing`(body: String) async throws {
        let response = try await ask(.post, "/api/replays", body)
        #expect(response.status == .badRequest)
        #expect(response.json?["code"]?.string == "invalid_replay")
        #expect(replays.state.withLock { $0.started.isEmpty && $0.resumed.isEmpty })
    }

    @Test func `a run is resumed`() async throws {
        #expect(try await ask(.post, "/api/replays", #"{"resume":7,"rate":"max"}"#).status == .accepted)
        #expect(try await ask(.post, "/api/replays", #"{"resume":7,"watched":true}"#).status == .accepted)
        #expect(replays.state.withLock { $0.resumed } == [7, 7])
        #expect(replays.state.withLock { $0.watched } == [false, true])
    }

    @Test func `a second replay is refused with the reason`() async throws {
        replays.state.withLock { $0.refusal = .busy(run: 3) }
        let response = try await ask(.post, "/api/replays", #"{"since":"2h"}"#)
        #expect(response.status == .conflict)
        #expect(response.json?["code"]?.string == "replay_running")
        #expect(response.json?["error"]?.string?.contains("3") == true)
    }

    @Test func `a run is watched and stopped`() async throws {
        #expect(try await ask(.get, "/api/replays/7?after=2").json?["phase"]?.string == "sending")
        #expect(try await ask(.delete, "/api/replays/7").status == .ok)
        #expect(replays.state.withLock { $0.stopped } == [7])
        #expect(try await ask(.get, "/api/replays/8").status == .notFound)
        #expect(try await ask(.delete, "/api/replays/8").status == .notFound)
        #expect(try await ask(.get, "/api/replays/x").status == .notFound)
        #expect(try await ask(.get, "/api/replays").status == .methodNotAllowed)
    }

    @Test func `pages of other hosts and forms begin nothing`() async throws {
        #expect(
            try await ask(.post, "/api/replays", #"{"since":"2h"}"#, type: "text/plain").status == .unsupportedMediaType
        )
        #expect(
            try await ask(.post, "/api/replays", #"{"since":"2h"}"#, host: "http://evil.example").status == .forbidden)
        #expect(try await ask(.delete, "/api/replays/7", host: "http://evil.example").status == .forbidden)
        var open = HTTPConfiguration()
        open.host = "0.0.0.0"
        #expect(try await ask(.post, "/api/replays", #"{"since":"2h"}"#, open).status == .forbidden)
        #expect(replays.state.withLock { $0.started.isEmpty && $0.stopped.isEmpty })
    }
}
