import Hummingbird
import HummingbirdTesting
import NIOCore
import RiderModel
import Testing

@testable import RiderHTTP

struct GenerateRouteTests {
    private let bridge = TestBridge()

    private func ask(
        _ body: String, path: String = "/providers/text/generate", type: String? = "application/json",
        sources: HTTPSources? = nil, _ change: (inout HTTPConfiguration) -> Void = { _ in }
    ) async throws -> TestResponse {
        var configuration = HTTPConfiguration()
        change(&configuration)
        let server = HTTPServer(
            configuration: configuration, sources: sources ?? bridge.sources(), factory: bridge.registry,
            time: .fixed, logger: .quiet)
        let headers: HTTPFields = type.map { [.contentType: $0] } ?? [:]
        return try await server.application().test(.router) { client in
            try await client.executeRequest(
                uri: path, method: .post, headers: headers, body: ByteBuffer(string: body))
        }
    }

    @Test(arguments: ["/providers/text/generate", "/api/providers/text/generate"])
    func `an answer has the shape of the contract`(path: String) async throws {
        let request = String(decoding: try Fixture.bytes("http.text-generate.request.json"), as: UTF8.self)
        let fixture = try JSONValue(parsing: Fixture.bytes("http.text-generate.response.json"))
        let output: JSONValue = [
            "text": try #require(fixture["text"]), "tokens_used": 7, "from_cache": false,
        ]
        bridge.set(generated: .completed(output, meta: try #require(fixture["meta"]?.members)))
        let response = try await ask(request, path: path)
        #expect(response.status == .ok)
        #expect(response.json?.members?.map(\.key) == ["task_id", "text", "meta", "from_cache", "tokens_used"])
        for key in ["text", "meta", "from_cache", "tokens_used"] { #expect(response.json?[key] == fixture[key]) }
        #expect(response.json?["task_id"]?.string?.hasPrefix("text-generate-") == true)
        let task = try #require(bridge.asked.first)
        #expect(task.type == .textGenerate)
        #expect(try JSONValue(parsing: task.payload) == JSONValue(parsing: Array(request.utf8)))
    }

    @Test(arguments: ["{}", #"{"prompt":""}"#, #"{"prompt":null,"mode":"chat"}"#])
    func `a request without a prompt is refused`(body: String) async throws {
        let response = try await ask(body)
        #expect(response.status == .badRequest)
        #expect(response.json == ["detail": "Missing 'prompt' in payload"])
        #expect(bridge.asked.isEmpty)
    }

    @Test func `a field that the provider refuses is the caller's mistake`() async throws {
        bridge.set(generated: .failed("max_tokens must be a whole number above 0"))
        let response = try await ask(#"{"prompt":"a","max_tokens":-1}"#)
        #expect(response.status == .badRequest)
        #expect(response.json == ["detail": "max_tokens must be a whole number above 0"])
        #expect(try await ask(#"{"prompt":7}"#).status == .badRequest)
    }

    @Test(arguments: ["[]", "7", "\"text\"", "null", "{", "", "prompt=x"])
    func `a body that is no object is refused in the words of old`(body: String) async throws {
        let response = try await ask(body)
        #expect(response.status == .unprocessableContent)
        let detail = try #require(response.json?["detail"]?.array?.first)
        #expect(detail.members?.map(\.key) == ["type", "loc", "msg", "input"])
        #expect(detail["loc"] == ["body"])
    }

    @Test func `a form of a web page is no JSON`() async throws {
        #expect(try await ask(#"{"prompt":"a"}"#, type: "text/plain").status == .unprocessableContent)
        #expect(try await ask(#"{"prompt":"a"}"#, type: nil).status == .unprocessableContent)
        #expect(bridge.asked.isEmpty)
    }

    @Test func `a provider that fails is a bad gateway`() async throws {
        bridge.set(generated: .failed("Circuit breaker open, use local processing", fallbackRequired: true))
        let response = try await ask(#"{"prompt":"Co widzisz?"}"#)
        #expect(response.status == .badGateway)
        #expect(response.json?["detail"] == "Circuit breaker open, use local processing")
        #expect(response.json?["message"] == .string(PersonMessage.failed.text(in: .polish)))
    }

    @Test func `a provider that takes too long is a bad gateway after the deadline`() async throws {
        let response = try await ask(#"{"prompt":"What do you see there?"}"#) {
            $0.generateTimeout = .milliseconds(1)
        }
        #expect(response.status == .badGateway)
        #expect(response.json?["detail"]?.string?.contains("took longer") == true)
        #expect(response.json?["message"] == .string(PersonMessage.tooSlow.text(in: .english)))
        #expect(HTTPConfiguration().generateTimeout == .seconds(2))
    }

    @Test func `without a provider the service is unavailable`() async throws {
        var sources = bridge.sources()
        sources.generate = nil
        let expected = try JSONValue(parsing: Fixture.bytes("http.text-generate.error-503.json"))
        let response = try await ask(#"{"prompt":"a","context":{"locale":"en-GB"}}"#, sources: sources)
        #expect(response.status == .serviceUnavailable)
        #expect(response.json?["detail"] == expected["detail"])
        #expect(response.json?["message"] == .string(PersonMessage.noModel.text(in: .english)))

        bridge.set(generated: .failed("Provider not initialized", fallbackRequired: true))
        #expect(try await ask(#"{"prompt":"a"}"#).json?["detail"] == expected["detail"])
    }

    @Test func `too many questions at once are told to come back`() async throws {
        let response = try await ask(#"{"prompt":"a"}"#) { $0.maxConcurrentGenerations = 0 }
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test func `a book is no question`() async throws {
        let response = try await ask("{\"prompt\":\"" + String(repeating: "a", count: 1500) + "\"}") {
            $0.maxPromptBytes = 1000
        }
        #expect(response.status == .contentTooLarge)
        #expect(bridge.asked.isEmpty)
    }

    @Test func `only asking is possible there`() async throws {
        let response = try await bridge.server().application().test(.router) {
            try await $0.get("/providers/text/generate")
        }
        #expect(response.status == .methodNotAllowed)
        #expect(response.headers[.allow] == "POST")
    }
}
