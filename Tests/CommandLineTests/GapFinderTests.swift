import Testing

@testable import rider

@Suite struct GapFinderTests {
    private func findings(_ numbers: [Int64], in gaps: inout GapFinder) -> [GapFinder.Finding] {
        numbers.map { gaps.observe(publisher: "p", topic: "t", number: $0) }
    }

    @Test func numbersInARowLackNothing() {
        var gaps = GapFinder()
        #expect(findings([5, 6, 7], in: &gaps) == [.first, .next, .next])
        #expect(gaps.missingCount == 0)
    }

    @Test func skippedNumbersAreMissingUntilAReplayBringsThem() {
        var gaps = GapFinder()
        #expect(findings([1, 5], in: &gaps) == [.first, .gap(2...4)])
        #expect(findings([3], in: &gaps) == [.filled])
        #expect(gaps.missing.first?.runs == [2...2, 4...4])
        #expect(findings([2, 4, 4, 6], in: &gaps) == [.filled, .filled, .repeated, .next])
        #expect(gaps.missingCount == 0)
        #expect(gaps.missing.isEmpty)
    }

    @Test func numbersFromBeforeTheFirstAreNoGap() {
        var gaps = GapFinder()
        #expect(findings([10, 3, 11], in: &gaps) == [.first, .repeated, .next])
    }

    @Test func publishersAndTopicsAreCountedApart() {
        var gaps = GapFinder()
        _ = gaps.observe(publisher: "a", topic: "t", number: 1)
        #expect(gaps.observe(publisher: "b", topic: "t", number: 9) == .first)
        #expect(gaps.observe(publisher: "a", topic: "u", number: 4) == .first)
        #expect(gaps.observe(publisher: "a", topic: "t", number: 3) == .gap(2...2))
        #expect(gaps.missing.map(\.stream) == [.init(publisher: "a", topic: "t")])
    }

    @Test func anEndlessRowOfGapsKeepsItsCountButNotItsRuns() {
        var gaps = GapFinder()
        let count = GapFinder.maxRuns + 10
        _ = findings((0...count).map { Int64($0 * 2) }, in: &gaps)
        #expect(gaps.missingCount == Int64(count))
        #expect(gaps.missing.first?.runs.count == GapFinder.maxRuns)
    }

    @Test func theLargestNumbersDoNotOverflow() {
        var gaps = GapFinder()
        let last = Int64.max
        let skipped = GapFinder.Finding.gap((last - 1)...(last - 1))
        #expect(findings([last - 2, last, last - 1], in: &gaps) == [.first, skipped, .filled])
    }

    @Test func numbersFarApartAreCounted() {
        var gaps = GapFinder()
        _ = findings([0, .max], in: &gaps)
        _ = gaps.observe(publisher: "other", topic: "t", number: 0)
        _ = gaps.observe(publisher: "other", topic: "t", number: .max)
        #expect(gaps.missingCount == .max)
        #expect(findings([.min], in: &gaps) == [.unwatched])
    }
}
