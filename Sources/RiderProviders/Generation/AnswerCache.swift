import Metrics
import RiderModel
import Synchronization

/// Remembers answers of language models, for all engines of `text.generate` together.
final class AnswerCache: Sendable {
    /// Everything that an answer depends on.
    struct Key: Sendable, Hashable {
        var protocolName: String
        var url: String
        var model: String
        var question: ModelQuestion

        fileprivate var bytes: Int {
            url.utf8.count + model.utf8.count + question.prompt.utf8.count + question.system.utf8.count
        }
    }

    private let isEnabled: Bool
    private let memory: Mutex<BoundedMemory<Key, GeneratedText>>
    private let hits: Counter
    private let misses: Counter

    init(_ configuration: GenerationConfiguration, factory: any MetricsFactory) {
        isEnabled = configuration.cacheEnabled
        memory = Mutex(
            BoundedMemory(
                lifetime: configuration.cacheLifetime, maximumCount: configuration.cacheMaxCount,
                maximumBytes: configuration.cacheMaxBytes))
        let dimensions = [("cache_type", "text_llm")]
        hits = Counter(label: "cache_hits_total", dimensions: dimensions, factory: factory)
        misses = Counter(label: "cache_misses_total", dimensions: dimensions, factory: factory)
    }

    /// - Parameter now: monotonic nanoseconds.
    func answer(for key: Key, at now: UInt64) -> GeneratedText? {
        guard isEnabled else { return nil }
        let known = memory.withLock { $0.value(for: key, at: now) }
        if known == nil { misses.increment() } else { hits.increment() }
        return known
    }

    /// - Parameter now: monotonic nanoseconds.
    func remember(_ answer: GeneratedText, for key: Key, at now: UInt64) {
        guard isEnabled else { return }
        memory.withLock { $0.remember(answer, for: key, bytes: key.bytes + answer.text.utf8.count, at: now) }
    }
}
