import RiderModel
import Testing

@testable import RiderProviders

@Suite struct AnswerCacheTests {
    private func key(_ prompt: String) -> AnswerCache.Key {
        .init(model: "m", prompt: prompt, system: "", maxTokens: 1, temperature: 0, topP: 1, topK: 1)
    }

    private func answer(_ text: String) -> GeneratedText {
        .init(text: text, promptTokens: 1, completionTokens: 2)
    }

    @Test func `forgets an answer when its time is up`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 10, maximumBytes: 1000)
        cache.remember(answer("A"), for: key("a"), at: 0)
        let fresh = cache.answer(for: key("a"), at: 9_999_999_999)
        let stale = cache.answer(for: key("a"), at: 10_000_000_000)
        #expect(fresh == answer("A"))
        #expect(stale == nil)
        #expect(cache.count == 0)
        #expect(cache.bytes == 0)
    }

    @Test func `the least recently used answer makes room`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 2, maximumBytes: 1000)
        cache.remember(answer("A"), for: key("a"), at: 0)
        cache.remember(answer("B"), for: key("b"), at: 0)
        _ = cache.answer(for: key("a"), at: 1)
        cache.remember(answer("C"), for: key("c"), at: 2)
        let answers = ["a", "b", "c"].map { cache.answer(for: key($0), at: 3)?.text }
        #expect(answers == ["A", nil, "C"])
    }

    @Test func `bytes are limited as well as answers`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 100, maximumBytes: 40)
        for name in ["a", "b", "c", "d"] {
            cache.remember(answer(String(repeating: name, count: 10)), for: key(name), at: 0)
        }
        #expect(cache.bytes <= 40)
        #expect(cache.count == 3)
        cache.remember(answer(String(repeating: "x", count: 100)), for: key("x"), at: 0)
        #expect(cache.count == 3, "an answer that can never fit pushes nothing out")
    }

    @Test func `an answer given again replaces the older one`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 2, maximumBytes: 1000)
        cache.remember(answer("old"), for: key("a"), at: 0)
        cache.remember(answer("new"), for: key("a"), at: 5_000_000_000)
        let later = cache.answer(for: key("a"), at: 14_000_000_000)
        #expect(later == answer("new"))
        #expect(cache.count == 1)
    }

    @Test func `a size of nothing remembers nothing`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 0, maximumBytes: 1000)
        cache.remember(answer("A"), for: key("a"), at: 0)
        #expect(cache.count == 0)
    }

    @Test func `everything that an answer depends on tells questions apart`() {
        var cache = AnswerCache(lifetime: .seconds(10), maximumCount: 10, maximumBytes: 1000)
        let first = key("a")
        cache.remember(answer("A"), for: first, at: 0)
        var others = Array(repeating: first, count: 6)
        others[0].model = "n"
        others[1].system = "polite"
        others[2].maxTokens = 2
        others[3].temperature = 0.1
        others[4].topP = 0.5
        others[5].topK = 7
        for other in others {
            let found = cache.answer(for: other, at: 0)
            #expect(found == nil)
        }
    }

    @Test func `keeps its books in a random order of events`() {
        var random = SplitMix(seed: 3)
        var cache = AnswerCache(lifetime: .seconds(5), maximumCount: 8, maximumBytes: 120)
        for step in 0..<5000 {
            let name = String(UnicodeScalar(UInt8.random(in: 97...110, using: &random)))
            let now = UInt64(step) * 100_000_000
            if Bool.random(using: &random) {
                let text = String(repeating: name, count: Int.random(in: 0...30, using: &random))
                cache.remember(answer(text), for: key(name), at: now)
            } else if let found = cache.answer(for: key(name), at: now) {
                #expect(found.text.allSatisfy { String($0) == name })
            }
            #expect(cache.count <= 8)
            #expect(cache.bytes <= 120)
        }
    }
}
