import Metrics

/// What is counted about a language model.
struct GenerationMetrics: Sendable {
    enum ErrorKind: String, CaseIterable {
        case connection, timeout, status, answer, cancelled

        init(_ kind: EngineServerFailure.Kind) {
            self =
                switch kind {
                case .connection: .connection
                case .timeout: .timeout
                case .status: .status
                case .answer: .answer
                }
        }
    }

    private let completed: Counter
    private let failed: Counter
    private let promptTokens: Counter
    private let completionTokens: Counter
    private let latency: Timer
    private let errors: [ErrorKind: Counter]

    init(engine: String, model: String, factory: any MetricsFactory) {
        let labels = [("provider", engine), ("model", model)]
        completed = Counter(
            label: "llm_requests_total", dimensions: labels + [("status", "completed")], factory: factory)
        failed = Counter(label: "llm_requests_total", dimensions: labels + [("status", "failed")], factory: factory)
        promptTokens = Counter(
            label: "llm_tokens_used_total", dimensions: labels + [("token_type", "prompt")], factory: factory)
        completionTokens = Counter(
            label: "llm_tokens_used_total", dimensions: labels + [("token_type", "completion")], factory: factory)
        latency = Timer(label: "llm_latency_seconds", dimensions: labels, factory: factory)
        errors = Dictionary(
            uniqueKeysWithValues: ErrorKind.allCases.map { kind in
                let dimensions = labels + [("error_type", kind.rawValue)]
                return (kind, Counter(label: "llm_errors_total", dimensions: dimensions, factory: factory))
            })
    }

    func answered(_ answer: GeneratedText, nanoseconds: UInt64) {
        completed.increment()
        promptTokens.increment(by: answer.promptTokens ?? 0)
        completionTokens.increment(by: answer.completionTokens ?? 0)
        latency.recordNanoseconds(Int64(clamping: nanoseconds))
    }

    func failed(_ kind: ErrorKind) {
        failed.increment()
        errors[kind]?.increment()
    }
}
