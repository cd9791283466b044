import RiderModel

/// Puts the parts of a streamed answer together. A pure value: it gets the lines and says when the answer is complete.
struct ModelAnswerReader: Sendable {
    /// Why the lines are no answer.
    enum Problem: Error, Hashable {
        /// The server told of an error in the middle.
        case server(String)
        /// The lines are not what the protocol promises.
        case malformed
        /// The model, or its keeper, will not answer this.
        case declined(String)
    }

    private let kind: ModelProtocol
    private(set) var text = ""
    private(set) var promptTokens: Int?
    private(set) var completionTokens: Int?
    /// The model has said all it had to say; figures may follow.
    private var hasEnded = false
    private var hasBegun = false
    /// An answer in one piece, from a server that does not stream.
    private var whole: [UInt8] = []

    init(_ kind: ModelProtocol) {
        self.kind = kind
    }

    var answer: GeneratedText {
        GeneratedText(text: text, promptTokens: promptTokens, completionTokens: completionTokens)
    }

    /// - Returns: true when nothing more is needed.
    mutating func take(_ line: [UInt8], contentType: String) throws(Problem) -> Bool {
        switch kind {
        case .ollama: return line.isBlank ? false : try takeOllama(Self.json(line))
        case .openAI where !contentType.hasPrefix("text/event-stream"): return try takeWhole(line)
        case .openAI, .gemini:
            guard let data = Self.eventData(line) else { return false }
            if data.elementsEqual("[DONE]".utf8) {
                guard hasBegun else { throw .malformed }
                return true
            }
            let event = try Self.json(data)
            return kind == .gemini ? try takeGemini(event) : try takeOpenAI(event, part: "delta")
        }
    }

    /// Whether an answer that ends here, without saying so, is complete all the same.
    var mayEndHere: Bool { hasEnded }

    // MARK: - Ollama

    private mutating func takeOllama(_ event: JSONValue) throws(Problem) -> Bool {
        if let error = event["error"]?.string { throw .server(error) }
        guard let part = event["message"]?["content"]?.string, let isDone = event["done"]?.bool else {
            throw .malformed
        }
        text += part
        guard isDone else { return false }
        promptTokens = event["prompt_eval_count"]?.int
        completionTokens = event["eval_count"]?.int
        return true
    }

    // MARK: - OpenAI

    private mutating func takeOpenAI(_ event: JSONValue, part: String) throws(Problem) -> Bool {
        if let error = event["error"] {
            throw .server(error["message"]?.string ?? error.string ?? "an error without words")
        }
        guard let choices = event["choices"]?.array else { throw .malformed }
        hasBegun = true
        if let usage = event["usage"] {
            promptTokens = usage["prompt_tokens"]?.int ?? promptTokens
            completionTokens = usage["completion_tokens"]?.int ?? completionTokens
        }
        guard let choice = choices.first else { return false }
        if let refusal = choice[part]?["refusal"]?.string { throw .declined(refusal) }
        if let content = choice[part]?["content"]?.string { text += content }
        if let reason = choice["finish_reason"]?.string {
            if reason == "content_filter" { throw .declined("content_filter") }
            hasEnded = true
        }
        // The count of tokens comes after the end, if at all.
        return false
    }

    private mutating func takeWhole(_ line: [UInt8]) throws(Problem) -> Bool {
        whole += line
        guard let document = try? JSONValue(parsing: whole) else {
            whole.append(0x0A)
            return false
        }
        _ = try takeOpenAI(document, part: "message")
        guard document["choices"]?.array?.first?["message"]?["content"]?.string != nil else { throw .malformed }
        return true
    }

    // MARK: - Gemini

    private mutating func takeGemini(_ event: JSONValue) throws(Problem) -> Bool {
        if let error = event["error"]?["message"]?.string { throw .server(error) }
        if let reason = event["promptFeedback"]?["blockReason"]?.string { throw .declined(reason) }
        guard let candidate = event["candidates"]?.array?.first else { throw .malformed }
        for part in candidate["content"]?["parts"]?.array ?? [] { text += part["text"]?.string ?? "" }
        if let usage = event["usageMetadata"] {
            promptTokens = usage["promptTokenCount"]?.int ?? promptTokens
            completionTokens = usage["candidatesTokenCount"]?.int ?? completionTokens
        }
        guard let reason = candidate["finishReason"]?.string else { return false }
        guard ["STOP", "MAX_TOKENS"].contains(reason) else { throw .declined(reason) }
        return true
    }

    // MARK: - Lines

    private static func json(_ bytes: some Collection<UInt8>) throws(Problem) -> JSONValue {
        guard let value = try? JSONValue(parsing: Array(bytes)), value.members != nil else { throw .malformed }
        return value
    }

    /// What follows `data:`; nil for blank lines, comments and other fields.
    private static func eventData(_ line: [UInt8]) -> ArraySlice<UInt8>? {
        guard line.starts(with: "data:".utf8) else { return nil }
        let data = line.dropFirst(5).drop { $0 == UInt8(ascii: " ") }
        return data.last == 0x0D ? data.dropLast() : data
    }
}

extension [UInt8] {
    fileprivate var isBlank: Bool { allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 } }
}
