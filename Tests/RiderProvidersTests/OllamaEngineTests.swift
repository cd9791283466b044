import Foundation
import RiderModel
import Testing

@testable import RiderProviders

@Suite struct OllamaEngineTests {
    private func provider(
        _ host: String, model: String, timeout: Duration = .seconds(20), metrics: RecordedMetrics = .init(),
        clock: ManualClock? = nil, _ change: (inout TextProviderConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        var configuration = TextProviderConfiguration()
        configuration.timeout = timeout
        configuration.generate.engines[0].url = host
        configuration.generate.engines[0].model = model
        configuration.generate.systemPrompt = "Be brief."
        change(&configuration)
        return try .text(
            configuration, breaker: .init(),
            environment: .init(metrics: metrics, time: clock?.source ?? .system))
    }

    @Test func `asks with the task's values and counts what the server counted`() async throws {
        try await OllamaStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server.host, model: "good", metrics: metrics)
            try await running(provider) {
                let result = try await provider.process(Fixture.task("task.text.generate.json"))
                #expect(result.status == .completed)
                let text = try #require(try result.json["text"]?.string)
                let asked = try JSONValue(parsing: text)
                #expect(asked["prompt"] == "Co robi nawigator?")
                #expect(asked["system"] == "Odpowiadaj krótko.")
                #expect(asked["stream"] == false)
                #expect(asked["options"]?["num_predict"] == 200)
                #expect(asked["options"]?["temperature"]?.double == 0.7)
                #expect(asked["options"]?["top_p"]?.double == 0.9)
                #expect(asked["options"]?["top_k"] == 40)
                #expect(try result.json["tokens_used"] == 18)
                #expect(try result.json["from_cache"] == false)
                #expect(result.metaValue("model") == "good")
                #expect(result.metaValue("engine") == "ollama")
                #expect(result.metaValue("prompt_length") == 18)
                let labels = [("provider", "ollama"), ("model", "good")]
                #expect(metrics["llm_requests_total", labels[0], labels[1], ("status", "completed")] == 1)
                #expect(metrics["llm_tokens_used_total", labels[0], labels[1], ("token_type", "prompt")] == 11)
                #expect(metrics["llm_tokens_used_total", labels[0], labels[1], ("token_type", "completion")] == 7)
                #expect(metrics["llm_latency_seconds", labels[0], labels[1]] != nil)
            }
        }
    }

    @Test func `null means the configured value`() async throws {
        try await OllamaStandIn.run { server in
            let provider = try provider(server.host, model: "good")
            let result = try await provider.process(Fixture.task("task.text.generate.nulls.json"))
            let text = try #require(try result.json["text"]?.string)
            let asked = try JSONValue(parsing: text)
            #expect(asked["options"]?["num_predict"] == 512)
            #expect(asked["options"]?["temperature"]?.double == 0.7)
            #expect(asked["system"] == "Be brief.")
        }
    }

    @Test func `the same question is answered from memory until its time is up`() async throws {
        try await OllamaStandIn.run { server in
            let metrics = RecordedMetrics()
            let clock = ManualClock()
            let provider = try provider(server.host, model: "good", metrics: metrics, clock: clock)
            let question = try task(.textGenerate, ["prompt": "hej"])
            let polite = try task(.textGenerate, ["prompt": "hej", "system_prompt": "Po polsku."])
            var cached: [JSONValue?] = []
            for task in [question, question, polite] {
                cached.append(try await provider.process(task).json["from_cache"])
            }
            clock.advance(by: .seconds(7200))
            cached.append(try await provider.process(question).json["from_cache"])
            #expect(cached == [false, true, false, false])
            #expect(metrics["cache_hits_total", ("cache_type", "text_llm")] == 1)
            #expect(metrics["cache_misses_total", ("cache_type", "text_llm")] == 3)
        }
    }

    @Test func `a cache that is switched off is neither asked nor counted`() async throws {
        try await OllamaStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server.host, model: "good", metrics: metrics) {
                $0.generate.cacheEnabled = false
            }
            for _ in 0..<2 {
                let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
                #expect(try result.json["from_cache"] == false)
            }
            #expect(metrics["cache_misses_total", ("cache_type", "text_llm")] == nil)
        }
    }

    @Test(arguments: [
        ("broken", "HTTP 500: out of memory", "status"), ("unknown", "ollama pull unknown", "status"),
        ("half", "connection", "connection"), ("not-json", "not the JSON", "answer"),
        ("wrong-shape", "not the JSON", "answer"), ("redirect", "HTTP 302", "status"),
        ("endless", "larger than", "answer"),
    ])
    func `a server that misbehaves means that the robot falls back`(
        _ model: String, _ text: String, _ kind: String
    ) async throws {
        try await OllamaStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server.host, model: model, metrics: metrics)
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.status == .failed)
            #expect(result.fallbackRequired)
            #expect(result.output == nil)
            #expect(result.error?.contains(text) == true, "\(result.error ?? "")")
            #expect(
                metrics["llm_errors_total", ("provider", "ollama"), ("model", model), ("error_type", kind)] == 1)
            #expect(metrics["circuit_breaker_failures_total", ("provider", "TextProvider"), ("engine", "ollama")] == 1)
        }
    }

    @Test func `a missing server says how to get one, and the language rules go on working`() async throws {
        // Port 9 of the loopback address: nobody listens there.
        let provider = try provider("http://127.0.0.1:9", model: "good")
        for attempt in 1...7 {
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.fallbackRequired)
            if attempt <= 5 {
                #expect(result.error?.contains("ollama serve") == true)
                #expect(result.processingMilliseconds != nil)
            } else {
                #expect(result.error == "Circuit breaker open, use local processing")
                #expect(result.processingMilliseconds == nil)
            }
        }
        let understood = try await provider.process(Fixture.task("task.text.nlu.json"))
        #expect(understood.status == .completed)
        let statuses = await provider.engines()
        #expect(statuses.map(\.available) == [true, false])
    }

    @Test func `a model that is not there is found before the first task`() async throws {
        try await OllamaStandIn.run { server in
            for (model, isThere) in [("good", true), ("other", true), ("absent", false)] {
                let statuses = try await provider(server.host, model: model).engines()
                let status = try #require(statuses.first { $0.taskType == .textGenerate })
                #expect(status.available == isThere, "\(status.detail)")
                if !isThere { #expect(status.detail.contains("ollama pull absent")) }
            }
        }
    }

    @Test func `a server that stays silent is left when the time is up`() async throws {
        try await OllamaStandIn.run { server in
            let provider = try provider(server.host, model: "silent", timeout: .milliseconds(300))
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.fallbackRequired)
            await server.waits(for: "silent client left")
        }
    }

    @Test func `a cancelled task leaves the server at once and is nobody's failure`() async throws {
        try await OllamaStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server.host, model: "silent", metrics: metrics)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await provider.process(task(.textGenerate, ["prompt": "hej"]))
                    }
                }
                await server.waits(for: "asked silent")
                group.cancelAll()
                try await group.waitForAll()
            }
            await server.waits(for: "silent client left")
            #expect(
                metrics["circuit_breaker_failures_total", ("provider", "TextProvider"), ("engine", "ollama")] == nil)
        }
    }

    @Test func `counts that the server leaves out are nothing`() async throws {
        try await OllamaStandIn.run { server in
            let provider = try provider(server.host, model: "counts-missing")
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(try result.json["tokens_used"] == 0)
        }
    }

    @Test(arguments: [
        ("bad/task.generate-empty-prompt.json", "Missing prompt in payload"),
        ("bad/task.generate-prompt-object.json", "prompt must be a string"),
        ("bad/task.generate-bad-limits.json", "max_tokens must be a whole number above 0"),
    ])
    func `the caller's mistakes never reach the server nor the breaker`(_ fixture: String, _ error: String) async throws
    {
        let metrics = RecordedMetrics()
        let provider = try provider("http://127.0.0.1:9", model: "good", metrics: metrics)
        for _ in 0..<10 {
            let result = try await provider.process(Fixture.task(fixture))
            #expect(result.error == error)
            #expect(!result.fallbackRequired)
        }
        #expect(metrics["circuit_breaker_state", ("provider", "TextProvider"), ("engine", "ollama")] == 0)
    }
}
