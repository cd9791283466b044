import RiderModel
import Testing

@testable import RiderProviders

@Suite struct BoundedMemoryTests {
    private typealias Memory = BoundedMemory<String, String>

    @Test func `forgets an answer when its time is up`() {
        var cache = Memory(lifetime: .seconds(10), maximumCount: 10, maximumBytes: 1000)
        cache.remember("A", for: "a", bytes: "A".utf8.count + 1, at: 0)
        let fresh = cache.value(for: "a", at: 9_999_999_999)
        let stale = cache.value(for: "a", at: 10_000_000_000)
        #expect(fresh == "A")
        #expect(stale == nil)
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
    }

    @Test func `the least recently used answer makes room`() {
        var cache = Memory(lifetime: .seconds(10), maximumCount: 2, maximumBytes: 1000)
        cache.remember("A", for: "a", bytes: "A".utf8.count + 1, at: 0)
        cache.remember("B", for: "b", bytes: "B".utf8.count + 1, at: 0)
        _ = cache.value(for: "a", at: 1)
        cache.remember("C", for: "c", bytes: "C".utf8.count + 1, at: 2)
        let answers = ["a", "b", "c"].map { cache.value(for: $0, at: 3) }
        #expect(answers == ["A", nil, "C"])
    }

    @Test func `bytes are limited as well as answers`() {
        var cache = Memory(lifetime: .seconds(10), maximumCount: 100, maximumBytes: 40)
        for name in ["a", "b", "c", "d"] {
            cache.remember(
                String(repeating: name, count: 10), for: name, bytes: String(repeating: name, count: 10).utf8.count + 1,
                at: 0)
        }
        #expect(cache.bytes <= 40)
        #expect(cache.count == 3)
        cache.remember(
            String(repeating: "x", count: 100), for: "x", bytes: String(repeating: "x", count: 100).utf8.count + 1,
            at: 0)
        #expect(cache.count == 3, "an answer that can never fit pushes nothing out")
    }

    @Test func `an answer given again replaces the older one`() {
        var cache = Memory(lifetime: .seconds(10), maximumCount: 2, maximumBytes: 1000)
        cache.remember("old", for: "a", bytes: "old".utf8.count + 1, at: 0)
        cache.remember("new", for: "a", bytes: "new".utf8.count + 1, at: 5_000_000_000)
        let later = cache.value(for: "a", at: 14_000_000_000)
        #expect(later == "new")
        #expect(cache.count == 1)
    }

    @Test func `a size of nothing remembers nothing`() {
        var cache = Memory(lifetime: .seconds(10), maximumCount: 0, maximumBytes: 1000)
        cache.remember("A", for: "a", bytes: "A".utf8.count + 1, at: 0)
        #expect(cache.count == 0)
    }

    @Test func `keeps its books in a random order of events`() {
        var random = SplitMix(seed: 3)
        var cache = Memory(lifetime: .seconds(5), maximumCount: 8, maximumBytes: 120)
        for step in 0..<5000 {
            let name = String(UnicodeScalar(UInt8.random(in: 97...110, using: &random)))
            let now = UInt64(step) * 100_000_000
            if Bool.random(using: &random) {
                let text = String(repeating: name, count: Int.random(in: 0...30, using: &random))
                cache.remember(text, for: name, bytes: text.utf8.count + 1, at: now)
            } else if let found = cache.value(for: name, at: now) {
                #expect(found.allSatisfy { String($0) == name })
            }
            #expect(cache.count <= 8)
            #expect(cache.bytes <= 120)
        }
    }
}

@Suite struct AnswerCacheTests {
    @Test func `everything that an answer depends on tells questions apart`() {
        var configuration = GenerationConfiguration()
        configuration.cacheLifetime = .seconds(10)
        let cache = AnswerCache(configuration, factory: RecordedMetrics())
        let first = AnswerCache.Key(
            protocolName: "ollama", url: "u", model: "m",
            question: .init(prompt: "p", system: "", maxTokens: 1, temperature: 0, topP: 1, topK: 1))
        cache.remember(.init(text: "A"), for: first, at: 0)
        var others = Array(repeating: first, count: 9)
        others[0].model = "n"
        others[1].question.system = "polite"
        others[2].question.maxTokens = 2
        others[3].question.temperature = 0.1
        others[4].question.topP = 0.5
        others[5].question.topK = 7
        others[6].url = "elsewhere"
        others[7].protocolName = "openai"
        others[8].question.prompt = "q"
        for other in others { #expect(cache.answer(for: other, at: 0) == nil) }
        #expect(cache.answer(for: first, at: 0)?.text == "A")
    }
}
