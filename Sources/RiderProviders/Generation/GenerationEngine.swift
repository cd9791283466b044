import RiderModel
import Synchronization

/// `text.generate` by a language model, with a memory for answers.
struct GenerationEngine: Engine {
    let model: LanguageModel
    let configuration: GenerationConfiguration
    let cache: AnswerCache
    let time: TimeSource

    private var engine: EngineConfiguration { model.engine }

    var taskType: TaskType { .textGenerate }
    var name: String { engine.name }
    var kind: EngineKind { .http }
    var limits: EngineLimits { engine.limits }

    func run() async throws { try await model.server.run() }

    func status() async -> EngineStatus {
        guard let (isThere, detail) = try? await model.status() else { return missing("not asked") }
        return isThere ? available(detail) : missing(detail)
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try GenerationRequest(task.envelope.payload, defaults: configuration)
        let question = ModelQuestion(
            prompt: request.prompt, system: request.system, maxTokens: request.maxTokens,
            temperature: request.temperature, topP: configuration.topP, topK: configuration.topK)
        let key = AnswerCache.Key(
            protocolName: engine.protocolName, url: engine.url, model: engine.model, question: question)
        if let known = cache.answer(for: key, at: time.monotonicNanoseconds()) {
            return result(known, request, isFromCache: true)
        }
        let answer = try await model.ask(question)
        cache.remember(answer, for: key, at: time.monotonicNanoseconds())
        return result(answer, request, isFromCache: false)
    }

    private func result(_ answer: GeneratedText, _ request: GenerationRequest, isFromCache: Bool) -> TaskResult {
        var meta: [JSONValue.Member] = [
            .init("model", .string(engine.model)), .init("engine", .string(name)),
            .init("max_tokens", .integer(Int64(request.maxTokens))),
            .init("temperature", .number(request.temperature)),
            .init("prompt_length", .integer(Int64(request.promptLength))),
        ]
        if let mode = request.mode { meta.append(.init("mode", .string(mode))) }
        if let count = answer.promptTokens { meta.append(.init("prompt_tokens", .integer(Int64(count)))) }
        if let count = answer.completionTokens { meta.append(.init("completion_tokens", .integer(Int64(count)))) }
        let tokens = (answer.promptTokens ?? 0) + (answer.completionTokens ?? 0)
        return .completed(
            [
                "text": .string(answer.text), "tokens_used": .integer(Int64(tokens)),
                "from_cache": .bool(isFromCache),
            ], meta: meta)
    }
}
