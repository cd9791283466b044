import Testing

@testable import RiderProviders

@Suite struct CircuitBreakerTests {
    private static let second: UInt64 = 1_000_000_000
    private var breaker = CircuitBreaker(.init(failureThreshold: 3, openDuration: .seconds(60), successThreshold: 2))

    private mutating func call(_ outcome: CircuitBreaker.Outcome, at seconds: UInt64) throws {
        let passPass = breaker.permit(at: seconds * Self.second)
        let pass = try #require(passPass)
        breaker.record(outcome, for: pass, at: seconds * Self.second)
    }

    private mutating func fail(_ times: Int, at seconds: UInt64) throws {
        for _ in 0..<times { try call(.failure, at: seconds) }
    }

    @Test mutating func `opens after the set number of failures in a row`() throws {
        try fail(2, at: 1)
        #expect(breaker.state == .closed)
        try fail(1, at: 1)
        #expect(breaker.state == .open)
        let answer1 = breaker.permit(at: 2 * Self.second)
        #expect(answer1 == nil)
    }

    @Test mutating func `a success in between starts the count again`() throws {
        try fail(2, at: 1)
        try call(.success, at: 1)
        try fail(2, at: 1)
        #expect(breaker.state == .closed)
    }

    @Test mutating func `the caller's mistakes and cancelled calls neither open it nor start the count again`() throws {
        try fail(2, at: 1)
        for _ in 0..<100 { try call(.inconclusive, at: 1) }
        #expect(breaker.state == .closed)
        try fail(1, at: 1)
        #expect(breaker.state == .open)
    }

    @Test mutating func `refuses until the time is up, to the nanosecond`() throws {
        try fail(3, at: 1)
        let answer2 = breaker.permit(at: 61 * Self.second - 1)
        #expect(answer2 == nil)
        let answer3 = breaker.permit(at: 61 * Self.second)
        #expect(answer3 != nil)
        #expect(breaker.state == .halfOpen)
    }

    @Test mutating func `lets one trial through at a time when half-open`() throws {
        try fail(3, at: 1)
        let trialPass = breaker.permit(at: 61 * Self.second)
        let trial = try #require(trialPass)
        let answer4 = breaker.permit(at: 62 * Self.second)
        #expect(answer4 == nil)
        breaker.record(.success, for: trial, at: 62 * Self.second)
        #expect(breaker.state == .halfOpen)
        let answer5 = breaker.permit(at: 62 * Self.second)
        #expect(answer5 != nil)
    }

    @Test mutating func `closes after the set number of successful trials`() throws {
        try fail(3, at: 1)
        try call(.success, at: 61)
        #expect(breaker.state == .halfOpen)
        try call(.success, at: 61)
        #expect(breaker.state == .closed)
        try fail(2, at: 62)
        #expect(breaker.state == .closed)
    }

    @Test mutating func `one failed trial opens it for the whole time again`() throws {
        try fail(3, at: 1)
        try call(.success, at: 61)
        try call(.failure, at: 62)
        #expect(breaker.state == .open)
        let answer6 = breaker.permit(at: 121 * Self.second)
        #expect(answer6 == nil)
        try call(.success, at: 122)
        #expect(breaker.state == .halfOpen)
        try call(.success, at: 122)
        #expect(breaker.state == .closed)
    }

    @Test mutating func `a trial that says nothing makes room for the next one`() throws {
        try fail(3, at: 1)
        try call(.inconclusive, at: 61)
        #expect(breaker.state == .halfOpen)
        try call(.success, at: 61)
        try call(.success, at: 61)
        #expect(breaker.state == .closed)
    }

    @Test mutating func `the end of a call from an earlier period changes nothing`() throws {
        var early: [CircuitBreaker.Pass] = []
        for _ in 0..<4 { early.append(contentsOf: [breaker.permit(at: Self.second)].compactMap(\.self)) }
        try fail(3, at: 1)
        let trialPass = breaker.permit(at: 61 * Self.second)
        let trial = try #require(trialPass)
        for pass in early.prefix(2) { breaker.record(.success, for: pass, at: 61 * Self.second) }
        #expect(breaker.state == .halfOpen)
        breaker.record(.failure, for: early[2], at: 61 * Self.second)
        #expect(breaker.state == .halfOpen)
        let answer7 = breaker.permit(at: 61 * Self.second)
        #expect(answer7 == nil, "the trial still runs")
        breaker.record(.success, for: trial, at: 61 * Self.second)
        breaker.record(.failure, for: early[3], at: 61 * Self.second)
        #expect(breaker.state == .halfOpen)
    }

    @Test mutating func `failures of calls made before it opened do not push the end of the open time away`() throws {
        let latePass = breaker.permit(at: Self.second)
        let late = try #require(latePass)
        try fail(3, at: 1)
        breaker.record(.failure, for: late, at: 50 * Self.second)
        let answer8 = breaker.permit(at: 61 * Self.second)
        #expect(answer8 != nil)
    }

    @Test func `thresholds below one count as one`() throws {
        var breaker = CircuitBreaker(.init(failureThreshold: 0, openDuration: .seconds(1), successThreshold: -1))
        let passPass = breaker.permit(at: 0)
        let pass = try #require(passPass)
        breaker.record(.failure, for: pass, at: 0)
        #expect(breaker.state == .open)
        let trialPass = breaker.permit(at: 2 * Self.second)
        let trial = try #require(trialPass)
        breaker.record(.success, for: trial, at: 2 * Self.second)
        #expect(breaker.state == .closed)
    }

    @Test func `states show as the numbers that dashboards know`() {
        #expect(CircuitBreaker.State.closed.rawValue == 0)
        #expect(CircuitBreaker.State.open.rawValue == 1)
        #expect(CircuitBreaker.State.halfOpen.rawValue == 0.5)
    }

    /// A model in two lines: whatever happens, a closed breaker has seen fewer failures in a row than its threshold, and a
    /// refusing one opened less than its time ago or has a trial running.
    @Test func `keeps its promises in a random order of events`() throws {
        var random = SplitMix(seed: 42)
        for _ in 0..<200 {
            var breaker = CircuitBreaker(.init(failureThreshold: 3, openDuration: .seconds(10), successThreshold: 2))
            var now: UInt64 = 0
            var failuresInRow = 0
            for _ in 0..<300 {
                now += UInt64.random(in: 0...4, using: &random) * Self.second
                let before = breaker.state
                guard let pass = breaker.permit(at: now) else {
                    #expect(before != .closed)
                    continue
                }
                let outcome = [CircuitBreaker.Outcome.success, .failure, .inconclusive].randomElement(using: &random)
                breaker.record(try #require(outcome), for: pass, at: now)
                if outcome == .failure { failuresInRow += 1 }
                if outcome == .success { failuresInRow = 0 }
                if breaker.state == .closed { #expect(failuresInRow < 3) }
                if before != .closed, outcome == .failure { #expect(breaker.state == .open) }
            }
        }
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
