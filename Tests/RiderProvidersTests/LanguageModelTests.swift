import Foundation
import RiderModel
import Testing

@testable import RiderProviders

/// Language models behind servers, in all three protocols, against servers that speak them on the wire.
@Suite(.serialized) struct LanguageModelTests {
    private func provider(
        _ server: EngineServerStandIn, _ kind: ModelProtocol = .ollama, model: String,
        timeout: Duration = .seconds(300), metrics: RecordedMetrics = .init(), clock: ManualClock? = nil,
        _ change: (inout TextProviderConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        try provider(server.host, kind, model: model, timeout: timeout, metrics: metrics, clock: clock, change)
    }

    private func provider(
        _ host: String, _ kind: ModelProtocol = .ollama, model: String, timeout: Duration = .seconds(300),
        metrics: RecordedMetrics = .init(), clock: ManualClock? = nil,
        _ change: (inout TextProviderConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        var configuration = TextProviderConfiguration()
        configuration.timeout = timeout
        configuration.generate.engines = [
            EngineConfiguration(
                name: "model", kind: .http, protocolName: kind.rawValue,
                limits: .init(timeout: timeout, maxOutputBytes: 1 << 20, maxConcurrent: 4),
                url: host + (kind == .openAI ? "/v1/chat/completions" : ""), model: model)
        ]
        configuration.generate.systemPrompt = "Be brief."
        change(&configuration)
        return try .text(
            configuration, breaker: .init(), environment: .init(metrics: metrics, time: clock?.source ?? .system))
    }

    private let breaker = [("provider", "TextProvider"), ("engine", "model")]

    private func asked(_ result: TaskResult) throws -> JSONValue {
        #expect(result.status == .completed, "\(result.error ?? "")")
        return try JSONValue(parsing: try #require(try result.json["text"]?.string))
    }

    // MARK: - What is asked

    @Test func `Ollama is asked with the task's values, and what it counted is counted`() async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, model: "good", metrics: metrics)
            try await running(provider) {
                let result = try await provider.process(Fixture.task("task.text.generate.json"))
                let asked = try asked(result)
                #expect(asked["messages"]?.array?.first == ["content": "Odpowiadaj krótko.", "role": "system"])
                #expect(asked["messages"]?.array?.last == ["content": "Co robi nawigator?", "role": "user"])
                #expect(asked["stream"] == true)
                #expect(asked["options"]?["num_predict"] == 200)
                #expect(asked["options"]?["temperature"]?.double == 0.7)
                #expect(asked["options"]?["top_p"]?.double == 0.9)
                #expect(asked["options"]?["top_k"] == 40)
                #expect(try result.json["tokens_used"] == 18)
                #expect(try result.json["from_cache"] == false)
                #expect(result.metaValue("model") == "good")
                #expect(result.metaValue("engine") == "model")
                #expect(result.metaValue("prompt_length") == 18)
                let labels = [("provider", "model"), ("model", "good")]
                #expect(metrics["llm_requests_total", labels[0], labels[1], ("status", "completed")] == 1)
                #expect(metrics["llm_tokens_used_total", labels[0], labels[1], ("token_type", "prompt")] == 11)
                #expect(metrics["llm_tokens_used_total", labels[0], labels[1], ("token_type", "completion")] == 7)
                #expect(metrics["llm_latency_seconds", labels[0], labels[1]] != nil)
            }
        }
    }

    @Test func `OpenAI's servers are asked with the task's values and the key`() async throws {
        try await EngineServerStandIn.run { server in
            let provider = try provider(server, .openAI, model: "good") {
                $0.generate.engines[0].apiKey = "s3cret"
            }
            let result = try await provider.process(Fixture.task("task.text.generate.json"))
            let asked = try asked(result)
            #expect(asked["messages"]?.array?.count == 2)
            #expect(asked["max_tokens"] == 200)
            #expect(asked["authorization"] == "Bearer s3cret")
            #expect(asked["stream_options"]?["include_usage"] == true)
            #expect(result.metaValue("completion_tokens") == 7)
        }
    }

    @Test func `Gemini is asked in its own words`() async throws {
        try await EngineServerStandIn.run { server in
            let provider = try provider(server, .gemini, model: "good") {
                $0.generate.engines[0].apiKey = "s3cret"
                $0.generate.engines[0].apiKeyHeader = "x-goog-api-key"
            }
            let result = try await provider.process(Fixture.task("task.text.generate.json"))
            let asked = try asked(result)
            #expect(asked["systemInstruction"]?["parts"]?.array?.first?["text"] == "Odpowiadaj krótko.")
            #expect(asked["generationConfig"]?["maxOutputTokens"] == 200)
            #expect(asked["key"] == "s3cret")
            #expect(asked["authorization"] == "")
            #expect(try result.json["tokens_used"] == 18)
        }
    }

    @Test func `null means the configured value, and a mode has its own system prompt`() async throws {
        try await EngineServerStandIn.run { server in
            let provider = try provider(server, model: "good") { $0.generate.systemPrompts = ["chat": "Be Rider."] }
            let nulls = try asked(await provider.process(Fixture.task("task.text.generate.nulls.json")))
            #expect(nulls["options"]?["num_predict"] == 512)
            #expect(nulls["options"]?["temperature"]?.double == 0.7)
            #expect(nulls["messages"]?.array?.first?["content"] == "Be brief.")
            let chat = try await provider.process(task(.textGenerate, ["prompt": "hej", "mode": "chat"]))
            #expect(try asked(chat)["messages"]?.array?.first?["content"] == "Be Rider.")
            #expect(chat.metaValue("mode") == "chat")
            let own = try await provider.process(
                task(.textGenerate, ["prompt": "hej", "mode": "chat", "system_prompt": "Be quiet."]))
            #expect(try asked(own)["messages"]?.array?.first?["content"] == "Be quiet.")
            let unknown = try await provider.process(task(.textGenerate, ["prompt": "hej", "mode": "rage"]))
            #expect(unknown.error == "Unknown mode: use chat")
        }
    }

    // MARK: - Memory

    @Test func `the same question is answered from memory until its time is up`() async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let clock = ManualClock()
            let provider = try provider(server, model: "good", metrics: metrics, clock: clock)
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
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, model: "good", metrics: metrics) { $0.generate.cacheEnabled = false }
            for _ in 0..<2 {
                let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
                #expect(try result.json["from_cache"] == false)
            }
            #expect(metrics["cache_misses_total", ("cache_type", "text_llm")] == nil)
        }
    }

    // MARK: - What goes well all the same

    @Test(arguments: [
        (ModelProtocol.ollama, "slow", "late but there"), (.openAI, "slow", "late but there"),
        (.gemini, "slow", "late but there"), (.openAI, "whole", "in one piece"), (.ollama, "busy-once", "second try"),
        (.openAI, "hangs-up-once", "second try"), (.ollama, "counts-missing", "hi"), (.openAI, "counts-missing", "hi"),
    ])
    func `a server that is slow, busy for a moment or short of words is no failure`(
        _ kind: ModelProtocol, _ model: String, _ text: String
    ) async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, kind, model: model, metrics: metrics)
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.status == .completed, "\(result.error ?? "")")
            #expect(try result.json["text"]?.string == text)
            if model == "counts-missing" { #expect(try result.json["tokens_used"] == 0) }
            #expect(metrics["circuit_breaker_failures_total", breaker[0], breaker[1]] == nil)
        }
    }

    // MARK: - What goes wrong

    @Test(arguments: [
        (ModelProtocol.ollama, "broken", "HTTP 500: out of memory", "status"),
        (.openAI, "broken", "HTTP 500: out of memory", "status"),
        (.ollama, "unknown", "ollama pull unknown", "status"),
        (.openAI, "unknown", "HTTP 404: model not found", "status"),
        (.openAI, "locked", "HTTP 401: bad key", "status"), (.openAI, "busy", "HTTP 429: busy", "status"),
        (.ollama, "half", "", "connection"), (.openAI, "half", "", "connection"), (.gemini, "half", "", "connection"),
        (.openAI, "half-body", "", "connection"), (.ollama, "error-inside", "failed: model fell over", "answer"),
        (.openAI, "error-inside", "failed: model fell over", "answer"),
        (.ollama, "not-json", "is not what ollama servers send", "answer"),
        (.gemini, "wrong-shape", "is not what gemini servers send", "answer"),
        (.ollama, "wrong-shape", "is not what ollama servers send", "answer"),
        (.openAI, "wrong-shape", "is not what openai servers send", "answer"),
        (.ollama, "redirect", "HTTP 302", "status"), (.ollama, "endless", "more than 1048576 bytes", "answer"),
        (.openAI, "endless", "more than 1048576 bytes", "answer"),
    ])
    func `a server that misbehaves means a fallback and counts as its failure`(
        _ kind: ModelProtocol, _ model: String, _ text: String, _ error: String
    ) async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, kind, model: model, metrics: metrics)
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.status == .failed)
            #expect(result.fallbackRequired)
            #expect(result.output == nil)
            #expect(text.isEmpty || result.error?.contains(text) == true, "\(result.error ?? "")")
            #expect(
                metrics["llm_errors_total", ("provider", "model"), ("model", model), ("error_type", error)] == 1,
                "\(result.error ?? "")")
            #expect(metrics["circuit_breaker_failures_total", breaker[0], breaker[1]] == 1)
        }
    }

    @Test(arguments: [
        (ModelProtocol.openAI, "declines", "declined: I would rather not"), (.gemini, "declines", "declined: SAFETY"),
        (.openAI, "too-much", "HTTP 400: context length exceeded"),
    ])
    func `a model that will not answer this question is not broken`(
        _ kind: ModelProtocol, _ model: String, _ text: String
    ) async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, kind, model: model, metrics: metrics)
            for _ in 0..<7 {
                let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
                #expect(result.fallbackRequired)
                #expect(result.error?.contains(text) == true, "\(result.error ?? "")")
            }
            #expect(metrics["circuit_breaker_failures_total", breaker[0], breaker[1]] == nil)
            #expect(metrics["circuit_breaker_state", breaker[0], breaker[1]] == 0)
        }
    }

    @Test func `a missing server says how to get one, is left alone, and the language rules go on working`()
        async throws
    {
        // Port 9 of the loopback address: nobody listens there.
        let provider = try provider("http://127.0.0.1:9", model: "good")
        for attempt in 1...7 {
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.fallbackRequired)
            if attempt <= 5 {
                #expect(result.error?.contains("ollama serve") == true, "\(result.error ?? "")")
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
        #expect(statuses.last?.breaker == .open)
        #expect(try 0...60 ~= #require(statuses.last?.untilRetry).inSeconds)
    }

    @Test func `a model that is not there is found before the first task`() async throws {
        try await EngineServerStandIn.run { server in
            for (model, isThere) in [("good", true), ("other", true), ("absent", false)] {
                let statuses = try await provider(server, model: model).engines()
                let status = try #require(statuses.first { $0.taskType == .textGenerate })
                #expect(status.available == isThere, "\(status.detail)")
                if !isThere { #expect(status.detail.contains("ollama pull absent")) }
            }
            let locked = try await provider(server, .openAI, model: "good") { $0.generate.engines[0].apiKey = "wrong" }
                .engines()
            #expect(locked.last?.available == false)
            #expect(locked.last?.detail.contains("set api_key") == true)
        }
    }

    @Test(arguments: ["silent", "trickle"])
    func `a server that never ends is left when the time is up`(_ model: String) async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, model: model, timeout: .milliseconds(300), metrics: metrics)
            let result = try await provider.process(task(.textGenerate, ["prompt": "hej"]))
            #expect(result.error == "text.generate took longer than 0.3 s and was ended")
            #expect(result.fallbackRequired)
            #expect(metrics["circuit_breaker_failures_total", breaker[0], breaker[1]] == 1)
            await server.waits(for: "\(model) client left")
        }
    }

    @Test func `a cancelled task leaves the server at once and is nobody's failure`() async throws {
        try await EngineServerStandIn.run { server in
            let metrics = RecordedMetrics()
            let provider = try provider(server, model: "silent", metrics: metrics)
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
            #expect(metrics["circuit_breaker_failures_total", breaker[0], breaker[1]] == nil)
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
        #expect(metrics["circuit_breaker_state", breaker[0], breaker[1]] == 0)
    }

    // MARK: - Understanding

    @Test func `a language model understands within what the rules know`() async throws {
        try await EngineServerStandIn.run { server in
            let provider = try provider(server, model: "good") {
                $0.nlu.engines = [
                    .init(
                        name: "reader", kind: .http, protocolName: "openai", url: server.host + "/v1/chat/completions",
                        model: "understand"), .rules,
                ]
            }
            let result = try await provider.process(
                task(.textNLU, ["text": "stój", "tasks": ["intent", "entities", "sentiment"]]))
            #expect(result.metaValue("engine") == "reader")
            #expect(try result.json["intent"] == ["name": "stop", "confidence": 0.9])
            #expect(try result.json["entities"]?.array?.count == 1)
            #expect(try result.json["sentiment"]?["label"] == "neutral")
        }
    }

    @Test func `where the model does not keep to the schema the rules understand`() async throws {
        try await EngineServerStandIn.run { server in
            let provider = try provider(server, model: "good") {
                $0.nlu.engines = [
                    .init(name: "reader", kind: .http, protocolName: "ollama", url: server.host, model: "good"), .rules,
                ]
            }
            let result = try await provider.process(task(.textNLU, ["text": "stop"]))
            #expect(result.metaValue("engine") == "rules")
            #expect(try result.json["intent"]?["name"] == "stop")
        }
    }

    // MARK: - TLS

    @Test func `a server of one's own is trusted by its certificate and not without`() async throws {
        try await withTemporaryFolder { folder in
            let made = try await CommandRun(
                command: [
                    "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out",
                    folder + "/cert.pem",
                ], maximumOutputBytes: 65_536
            ).run()
            try #require(made.ending == .exited(0), "\(made.errors)")
            try await EngineServerStandIn.run(certificate: [folder + "/cert.pem", folder + "/key.pem"]) { server in
                let trusting = try provider(server, model: "good") {
                    $0.generate.engines[0].certificateFile = folder + "/cert.pem"
                }
                let answered = try await trusting.process(task(.textGenerate, ["prompt": "hej"]))
                #expect(answered.status == .completed, "\(answered.error ?? "")")
                let wary = try await provider(server, model: "good").process(task(.textGenerate, ["prompt": "hej"]))
                #expect(wary.error?.contains("cannot be trusted") == true, "\(wary.error ?? "")")
            }
        }
    }
}
