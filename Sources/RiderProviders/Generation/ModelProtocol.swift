import RiderModel

/// The ways in which servers of language models are spoken to. All of them stream: an answer that has begun shows that the
/// server lives, and one that is dropped in the middle costs it no more work.
enum ModelProtocol: String, Sendable, CaseIterable {
    /// Ollama's `/api/chat`: a JSON object a line.
    case ollama
    /// OpenAI's `/v1/chat/completions`: server-sent events, or one JSON object from servers that do not stream.
    case openAI = "openai"
    /// Gemini's `streamGenerateContent`: server-sent events.
    case gemini

    /// Where questions go.
    func address(of engine: EngineConfiguration) -> String {
        switch self {
        case .ollama: Self.joined(engine.url, "/api/chat")
        case .openAI: engine.url
        case .gemini: Self.joined(engine.url, "/v1beta/models/\(engine.model):streamGenerateContent?alt=sse")
        }
    }

    /// Where the server tells which models it has.
    func listAddress(of engine: EngineConfiguration) -> String {
        switch self {
        case .ollama: Self.joined(engine.url, "/api/tags")
        case .openAI:
            engine.url.hasSuffix("/chat/completions")
                ? engine.url.dropLast("/chat/completions".count) + "/models" : engine.url
        case .gemini: Self.joined(engine.url, "/v1beta/models/\(engine.model)")
        }
    }

    private static func joined(_ url: String, _ path: String) -> String {
        (url.hasSuffix("/") ? String(url.dropLast()) : url) + path
    }

    func body(_ question: ModelQuestion, model: String) -> [UInt8] {
        switch self {
        case .ollama: ollamaBody(question, model)
        case .openAI: openAIBody(question, model)
        case .gemini: geminiBody(question)
        }
    }

    private func ollamaBody(_ question: ModelQuestion, _ model: String) -> [UInt8] {
        var members: [JSONValue.Member] = [
            .init("model", .string(model)), .init("messages", messages(question)), .init("stream", true),
            .init(
                "options",
                [
                    "num_predict": .integer(Int64(question.maxTokens)), "temperature": .number(question.temperature),
                    "top_p": .number(question.topP), "top_k": .integer(Int64(question.topK)),
                ]),
        ]
        if let schema = question.schema { members.append(.init("format", schema)) }
        return JSONValue.object(members).encoded
    }

    private func openAIBody(_ question: ModelQuestion, _ model: String) -> [UInt8] {
        var members: [JSONValue.Member] = [
            .init("model", .string(model)), .init("messages", messages(question)), .init("stream", true),
            .init("stream_options", ["include_usage": true]),
            .init("max_tokens", .integer(Int64(question.maxTokens))),
            .init("temperature", .number(question.temperature)), .init("top_p", .number(question.topP)),
        ]
        if let schema = question.schema {
            members.append(
                .init(
                    "response_format",
                    ["type": "json_schema", "json_schema": ["name": "answer", "strict": true, "schema": schema]]))
        }
        return JSONValue.object(members).encoded
    }

    private func geminiBody(_ question: ModelQuestion) -> [UInt8] {
        var settings: [JSONValue.Member] = [
            .init("maxOutputTokens", .integer(Int64(question.maxTokens))),
            .init("temperature", .number(question.temperature)), .init("topP", .number(question.topP)),
            .init("topK", .integer(Int64(question.topK))),
        ]
        if let schema = question.schema {
            settings += [.init("responseMimeType", "application/json"), .init("responseJsonSchema", schema)]
        }
        var members: [JSONValue.Member] = []
        if !question.system.isEmpty {
            members.append(.init("systemInstruction", ["parts": [["text": .string(question.system)]]]))
        }
        members += [
            .init("contents", [["role": "user", "parts": [["text": .string(question.prompt)]]]]),
            .init("generationConfig", .object(settings)),
        ]
        return JSONValue.object(members).encoded
    }

    private func messages(_ question: ModelQuestion) -> JSONValue {
        let prompt: JSONValue = ["role": "user", "content": .string(question.prompt)]
        if question.system.isEmpty { return [prompt] }
        return [["role": "system", "content": .string(question.system)], prompt]
    }
}
