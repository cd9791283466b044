import Hummingbird
import HummingbirdTesting
import RiderModel
import RiderQueue
import Testing

@testable import RiderHTTP

struct TaskRouteTests {
    private let bridge = TestBridge()

    private func post(
        _ body: String, type: String? = "application/json", _ configuration: HTTPConfiguration = .init()
    ) async throws -> TestResponse {
        try await post(Array(body.utf8), type: type, configuration)
    }

    private func post(
        _ body: [UInt8], type: String? = "application/json", _ configuration: HTTPConfiguration = .init()
    ) async throws -> TestResponse {
        try await bridge.server(configuration).application().test(.router) { try await $0.post(body, type: type) }
    }

    private func task(_ id: String) -> String {
        #"{"task_id":"\#(id)","task_type":"text.nlu","payload":{"text":"hi"}}"#
    }

    // MARK: - Accepted

    @Test func `one envelope goes in with its bytes untouched`() async throws {
        let body = try Fixture.bytes("task.text.nlu.unicode.json")
        let response = try await post(body, type: "application/json; charset=utf-8")
        #expect(response.status == .accepted)
        #expect(bridge.submitted.map(\.envelope.bytes) == [body])
        #expect(bridge.submitted.allSatisfy { $0.durable && $0.newestWins == nil })
        #expect(response.json?["accepted"]?.int == 1)
        #expect(response.json?["tasks"]?.array?.first?["status"]?.string == "queued")
        #expect(response.json?["tasks"]?.array?.first?["task_id"]?.string == bridge.submitted.first?.envelope.id)
    }

    @Test func `an array goes in in order`() async throws {
        let response = try await post(" [\(task("a")) , \(task("b"))]\n")
        #expect(response.status == .accepted)
        #expect(bridge.submitted.map(\.envelope.id) == ["a", "b"])
        #expect(response.json?["rejected"] == [])
    }

    @Test(arguments: ["application/x-ndjson", "application/jsonl; charset=utf-8"])
    func `JSON lines go in in order, empty lines do not count`(type: String) async throws {
        let response = try await post(
            Fixture.bytes("task.priority-mix.jsonl") + Array("\r\n\n\(task("z"))".utf8), type: type)
        #expect(response.status == .accepted)
        #expect(bridge.submitted.last?.envelope.id == "z")
        #expect(response.json?["accepted"]?.int == bridge.submitted.count)
        #expect(response.json?["rejected"] == [])
    }

    @Test func `a task without an id gets one and the answer tells it`() async throws {
        let response = try await post(
            #"[{"task_type":"text.nlu","payload":{}},  { "payload": {"a":1}, "task_type":"text.nlu"}]"#)
        #expect(response.status == .accepted)
        #expect(response.json?["tasks"]?.array?.map { $0["task_id"]?.string } == ["http-made", "http-made"])
        #expect(
            bridge.submitted.map { String(decoding: $0.envelope.bytes, as: UTF8.self) } == [
                #"{"task_id":"http-made","task_type":"text.nlu","payload":{}}"#,
                #"{"task_id":"http-made", "payload": {"a":1}, "task_type":"text.nlu"}"#,
            ])
    }

    @Test func `identifiers made here are valid and differ`() throws {
        let ids = (0..<100).map { _ in TaskIdentifier.random() }
        #expect(Set(ids).count == 100)
        #expect(ids.allSatisfy { $0.count == 37 && $0.hasPrefix("http-") })
    }

    @Test func `a duplicate counts as accepted`() async throws {
        bridge.answer(.duplicate, for: "a")
        let response = try await post(task("a"))
        #expect(response.status == .accepted)
        #expect(response.json?["tasks"]?.array?.first?["status"]?.string == "duplicate")
    }

    @Test func `a mixed request says per task what became of it`() async throws {
        bridge.answer(.full(limit: 10), for: "full")
        bridge.answer(.tooLarge(limit: 5), for: "large")
        let response = try await post(
            "[1, \(task("good")), {\"task_id\":\"x\",\"task_type\":\"text.nlu\"}, \(task("full")), \(task("large"))]")
        #expect(response.status == .accepted)
        #expect(response.headers[.retryAfter] == "1")
        #expect(response.json?["tasks"] == [["index": 1, "task_id": "good", "status": "queued"]])
        let rejected = try #require(response.json?["rejected"]?.array)
        #expect(rejected.map { $0["index"]?.int } == [0, 2, 3, 4])
        #expect(rejected.map { $0["code"]?.string } == ["invalid_json", "missing_field", "queue_full", "too_large"])
        #expect(rejected[2]["task_id"]?.string == "full")
    }

    // MARK: - Refused

    @Test func `an array of garbage is refused as a whole with the place of the first fault`() async throws {
        let response = try await post("[\(task("a")), garbage]")
        #expect(response.status == .badRequest)
        #expect(response.json?["code"]?.string == "invalid_json")
        #expect(response.json?["error"]?.string?.contains("element 1") == true)
        #expect(bridge.submitted.isEmpty)
    }

    @Test(arguments: ["[1,2", "[1 2]", "[1]]", "[1],", "[", "[,]"])
    func `a broken array is refused`(body: String) async throws {
        #expect(try await post(body).status == .badRequest)
    }

    @Test(arguments: ["", "  \n", "[]", " [ ] "])
    func `a body without tasks is refused`(body: String) async throws {
        let response = try await post(body)
        #expect(response.status == .badRequest)
        #expect(response.json?["code"]?.string == "no_tasks")
    }

    @Test(arguments: [
        "bom.json", "control-chars.json", "deep-array-10000.json", "deep-object-2000.json", "deep-unclosed.json",
        "invalid-utf8-sequences.bin", "json-array.json", "json-empty-object.json", "json-null.json", "json-number.json",
        "json-string.json", "json-true.json", "lone-surrogate.json", "nan-infinity.json", "non-utf8.bin",
        "not-json.json",
        "nul-bytes.bin", "overflow-number.json", "random.bin", "single-quotes.json", "trailing-garbage.json",
        "truncated.json", "two-values.json", "utf16le.bin", "task.missing-payload.json", "task.numeric-task_id.json",
        "task.null-task_id.json", "task.unknown-type.json", "task.priority-zero.json",
    ])
    func `hostile bodies are answered with 400 in JSON and put nothing in`(name: String) async throws {
        let body = try Fixture.bytes("bad/\(name)")
        for type in ["application/json", "application/x-ndjson"] {
            let response = try await post(body, type: type)
            #expect(response.status == .badRequest, "\(name) as \(type): \(response.text)")
            #expect(response.json?["code"]?.string != nil)
            #expect(response.json?["error"]?.string != nil)
        }
        #expect(bridge.submitted.isEmpty)
    }

    @Test func `a refused single task says why`() async throws {
        let response = try await post(#"{"task_id":"x","task_type":"text.nlu","payload":{},"priority":11}"#)
        #expect(response.status == .badRequest)
        #expect(response.json?["code"]?.string == "invalid_priority")
        #expect(response.json?["error"]?.string?.contains("1 (most urgent) to 10") == true)
        #expect(response.json?["rejected"]?.array?.first?["index"]?.int == 0)
    }

    @Test func `a full queue is 429 with Retry-After`() async throws {
        bridge.answer(.full(limit: 10_000), for: "a")
        let response = try await post("[\(task("a")),7]")
        #expect(response.status == .tooManyRequests)
        #expect(response.headers[.retryAfter] == "1")
        #expect(response.json?["code"]?.string == "queue_full")
    }

    @Test func `a task that is too large for the queue is 413`() async throws {
        bridge.answer(.tooLarge(limit: 5), for: "a")
        #expect(try await post(task("a")).status == .contentTooLarge)
    }

    @Test func `a queue that is away is 503 and the reason stays inside`() async throws {
        bridge.breakQueue(QueueError(.unavailable, "redis://user:secret@host is away"))
        let response = try await post(task("a"))
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
        #expect(response.json?["code"]?.string == "queue_unavailable")
        #expect(!response.text.contains("secret"))
    }

    @Test(arguments: [nil, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
    func `other content types are refused`(type: String?) async throws {
        let response = try await post(task("a"), type: type)
        #expect(response.status == .unsupportedMediaType)
        #expect(response.json?["code"]?.string == "unsupported_content_type")
        #expect(bridge.submitted.isEmpty)
    }

    @Test func `too many tasks in one request are refused together`() async throws {
        var configuration = HTTPConfiguration()
        configuration.maxTasksPerRequest = 2
        for (body, type) in [
            ("[\(task("a")),\(task("b")),\(task("c"))]", "application/json"),
            ("\(task("a"))\n\(task("b"))\n\(task("c"))", "application/x-ndjson"),
        ] {
            let response = try await post(body, type: type, configuration)
            #expect(response.status == .contentTooLarge)
            #expect(response.json?["code"]?.string == "too_many_tasks")
        }
        #expect(try await post("[\(task("a")),\(task("b"))]", configuration).status == .accepted)
        #expect(bridge.submitted.count == 2)
    }

    @Test func `a process without a queue says so`() async throws {
        var sources = bridge.sources()
        sources.submit = nil
        let server = HTTPServer(configuration: .init(), sources: sources, factory: bridge.registry, logger: .quiet)
        let response = try await server.application().test(.router) { try await $0.post(task("a")) }
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["code"]?.string == "no_queue")
    }

    @Test func `more submissions at once than allowed are told to come back`() async throws {
        var configuration = HTTPConfiguration()
        configuration.maxConcurrentSubmissions = 0
        let response = try await post(task("a"), configuration)
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["code"]?.string == "busy")
    }
}
