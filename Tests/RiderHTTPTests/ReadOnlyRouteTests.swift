import Hummingbird
import HummingbirdTesting
import RiderModel
import RiderQueue
import TestSupport
import Testing

@testable import RiderHTTP

struct ReadOnlyRouteTests {
    private let bridge = TestBridge()

    private func ask(_ path: String, _ method: HTTPRequest.Method = .get) async throws -> TestResponse {
        try await bridge.server().application().test(.router) { client in
            try await client.executeRequest(uri: path, method: method, headers: [:], body: nil)
        }
    }

    @Test func `metrics come with the exact content type of the text format`() async throws {
        let response = try await ask("/metrics")
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(response.text.contains("# TYPE provider_tasks_processed_total counter\n"))
        #expect(response.text.contains("process_resident_memory_bytes "))
    }

    @Test(arguments: ["/providers/capabilities", "/api/providers/capabilities"])
    func `capabilities have the shape of the contract`(path: String) async throws {
        let response = try await ask(path)
        #expect(response.status == .ok)
        #expect(response.headers[.contentType] == "application/json")
        let fixture = try JSONValue(parsing: Fixture.bytes("http.capabilities.response.json"))
        #expect(response.json == fixture)
    }

    @Test func `capabilities can change and leave out what is switched off`() async throws {
        bridge.capabilities.update(Capabilities(text: .init(model: "m", nluTasks: [], mode: .pc)))
        let json = try #require(try await ask("/providers/capabilities").json)
        #expect(json.members?.map(\.key) == ["text"])
        #expect(json["text"]?["mode"]?.string == "pc")
    }

    @Test func `the process is alive`() async throws {
        let response = try await ask("/health/live")
        #expect(response.status == .ok)
        #expect(response.headers[.date] == "Thu, 13 Nov 2025 02:13:20 GMT")
        #expect(response.json == ["status": "alive", "timestamp": 1_763_000_000.25])
    }

    @Test func `without a robot the old health route tells of this worker`() async throws {
        #expect(try await ask("/healthz").text == #"{"ok":true,"status":"ok"}"#)
        bridge.set(checks: [.init(name: "journal", isReady: false, detail: "disk full")])
        let response = try await ask("/healthz")
        #expect(response.status == .ok)
        #expect(response.text == #"{"ok":false,"status":"not_ready"}"#)
    }

    @Test func `with a robot the old health route tells of the robot`() async throws {
        bridge.set(robotHealth: ["ok": false, "status": "unreachable", "error": "no route"])
        let response = try await ask("/healthz")
        #expect(response.status == .ok)
        #expect(response.json == ["ok": false, "status": "unreachable", "error": "no route"])
    }

    @Test func `capabilities name the process that answers`() async throws {
        var configuration = HTTPConfiguration()
        configuration.instance = "one-of-many"
        let response = try await bridge.server(configuration).application().test(.router) {
            try await $0.get("/providers/capabilities")
        }
        #expect(response.headers[try #require(.init("Rider-Instance"))] == "one-of-many")
    }

    @Test func `ready says so when every part is`() async throws {
        bridge.set(checks: [
            .init(name: "queue", isReady: true), .init(name: "journal", isReady: true, detail: "2 rows"),
        ])
        let response = try await ask("/health/ready")
        #expect(response.status == .ok)
        #expect(response.json?["status"]?.string == "ready")
        #expect(response.json?["checks"]?["queue"] == ["status": "ready", "error": nil])
        #expect(response.json?["checks"]?["journal"]?["detail"]?.string == "2 rows")
    }

    @Test func `not ready names the part and the reason`() async throws {
        bridge.set(checks: [
            .init(name: "queue", isReady: false, detail: "Redis refused"), .init(name: "a", isReady: true),
        ])
        let response = try await ask("/health/ready")
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["status"]?.string == "not_ready")
        #expect(response.json?["checks"]?["queue"] == ["status": "not_ready", "error": "Redis refused"])
        #expect(response.json?["timestamp"]?.double == 1_763_000_000.25)
    }

    @Test func `a part that does not answer in time is not ready`() async throws {
        struct Hanging: HealthSource {
            func checks() async -> [HealthCheck] {
                try? await untilCancelled()
                return []
            }
        }
        var configuration = HTTPConfiguration()
        configuration.sourceTimeout = .milliseconds(1)
        let response = try await bridge.server(configuration, health: Hanging()).application().test(.router) {
            try await $0.get("/health/ready")
        }
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["checks"]?["readiness"]?["status"]?.string == "not_ready")
    }

    @Test func `the queue shows how full it is`() async throws {
        let json = try #require(try await ask("/api/queue").json)
        #expect(json["waiting"]?.int == 3)
        #expect(json["waiting_by_priority"]?["5"]?.int == 3)
        #expect(json["waiting_by_priority"]?["10"]?.int == 0)
        #expect(json["dead"]?.int == 4)
        #expect(json["limit"]?.int == 10_000)
        #expect(json["oldest_waiting_seconds"]?.double == 1.5)
    }

    @Test func `a queue that is away leaves the other routes alone`() async throws {
        bridge.breakQueue(QueueError(.unavailable, "away"))
        let response = try await ask("/api/queue")
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["code"]?.string == "queue_unavailable")
        #expect(try await ask("/providers/capabilities").status == .ok)
        #expect(try await ask("/health/live").status == .ok)
    }

    @Test func `an unknown path is answered in JSON`() async throws {
        let response = try await ask("/api/nothing?x=1")
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "application/json")
        #expect(response.json?["code"]?.string == "not_found")
    }

    @Test(arguments: [("/metrics", HTTPRequest.Method.delete, "GET, HEAD"), ("/api/tasks", .get, "POST")])
    func `a wrong method is answered in JSON with those that are right`(
        path: String, method: HTTPRequest.Method, allowed: String
    ) async throws {
        let response = try await ask(path, method)
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == allowed)
        #expect(response.json?["code"]?.string == "method_not_allowed")
    }

    @Test func `HEAD has the head of GET and no body`() async throws {
        let response = try await ask("/health/live", .head)
        #expect(response.status == .ok)
        #expect(response.body.readableBytes == 0)
        #expect(response.headers[.contentLength].flatMap(Int.init) ?? 0 > 0)
    }

    @Test func `requests are counted by route and status`() async throws {
        _ = try await ask("/health/live")
        _ = try await ask("/nothing")
        _ = try await ask("/else")
        let text = try await ask("/metrics").text
        #expect(text.contains("http_requests_total{route=\"/health/live\",status=\"200\"} 1\n"))
        #expect(text.contains("http_requests_total{route=\"other\",status=\"404\"} 2\n"))
        #expect(text.contains("http_request_duration_seconds_count{route=\"/health/live\"} 1\n"))
    }
}
