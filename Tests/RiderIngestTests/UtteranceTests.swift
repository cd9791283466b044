import Foundation
import RiderModel
import TestSupport
import Testing

@testable import RiderIngest

/// A tone stands for a voice; levels in decibels below the loudest there can be.
private func sound(_ seconds: Double, level: Double, rate: Int = 16_000) -> [Int16] {
    let amplitude = 32_767 * pow(10, level / 20) * 2.0.squareRoot()
    return (0..<Int(seconds * Double(rate))).map {
        Int16(clamping: Int((amplitude * sin(2 * .pi * 300 * Double($0) / Double(rate))).rounded()))
    }
}

private let millisecond: UInt64 = 1_000_000

@Suite struct UtteranceCutterTests {
    /// Gives a sound as the robot does: 20 ms at a time.
    private func feed(
        _ cutter: inout UtteranceCutter, _ samples: [Int16], at time: inout UInt64, chunk: Int = 320
    ) -> [UtteranceCutter.Outcome] {
        var outcomes: [UtteranceCutter.Outcome] = []
        for start in stride(from: 0, to: samples.count, by: chunk) {
            let part = samples[start..<min(samples.count, start + chunk)]
            outcomes += cutter.take(part, at: time)
            time += UInt64(part.count) * 1000 / UInt64(cutter.sampleRate) * millisecond
        }
        return outcomes
    }

    private func utterances(_ outcomes: [UtteranceCutter.Outcome]) -> [UtteranceCutter.Utterance] {
        outcomes.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
    }

    @Test func `a word between silences is one utterance with its pre-roll and its hangover`() throws {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        let outcomes = feed(
            &cutter, sound(1, level: -70) + sound(0.8, level: -20) + sound(2, level: -70), at: &time)
        let found = utterances(outcomes)
        #expect(found.count == 1 && outcomes.count == 1)
        let length = Double(try #require(found.first).samples.count) / 16_000
        #expect(1.6...1.75 ~= length, "\(length)")
        #expect(!cutter.isSpeaking)
        #expect(cutter.wakeTime == nil)
    }

    @Test(arguments: [1, 7, 100, 320, 1000, 16_000])
    func `the size of the chunks changes nothing`(_ chunk: Int) throws {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        // All at one time, so that only the sound counts.
        var outcomes: [UtteranceCutter.Outcome] = []
        let samples = sound(1, level: -70) + sound(0.5, level: -20) + sound(1, level: -70)
        for start in stride(from: 0, to: samples.count, by: chunk) {
            outcomes += cutter.take(samples[start..<min(samples.count, start + chunk)], at: time)
        }
        time += 1
        #expect(try #require(utterances(outcomes).first).samples.count == 22_400)
    }

    @Test func `a pause within a sentence does not end it`() {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        let word = sound(0.4, level: -20)
        let outcomes = feed(
            &cutter, sound(0.5, level: -70) + word + sound(0.4, level: -70) + word + sound(1, level: -70), at: &time)
        #expect(utterances(outcomes).count == 1)
    }

    @Test func `a click is no speech`() {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        let outcomes = feed(
            &cutter, sound(0.5, level: -70) + sound(0.06, level: -10) + sound(1, level: -70), at: &time)
        #expect(outcomes == [.tooShort])
    }

    @Test func `silence and hum make nothing, however long`() {
        for level in [-90.0, -60, -45, -30] {
            var cutter = UtteranceCutter(sampleRate: 16_000, .init())
            var time: UInt64 = 1
            // What is loud from the first moment may be taken for speech until its floor is known.
            let all = utterances(feed(&cutter, sound(120, level: level), at: &time))
            #expect(all.count <= (level > -50 ? 4 : 0), "\(level): \(all.count)")
            let later = feed(&cutter, sound(30, level: level), at: &time)
            #expect(later.isEmpty, "\(level)")
        }
    }

    @Test func `in noise only what is louder than the noise is speech`() {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        _ = feed(&cutter, sound(120, level: -40), at: &time)
        #expect(!cutter.isSpeaking)
        #expect(abs(cutter.noiseFloor + 40) < 1)
        let outcomes = feed(
            &cutter, sound(0.6, level: -34) + sound(1, level: -40) + sound(0.6, level: -20) + sound(1, level: -40),
            at: &time)
        #expect(utterances(outcomes).count == 1)
    }

    @Test func `a speech without end is cut and goes on, and nothing of it is lost`() {
        var configuration = UtteranceConfiguration()
        configuration.longest = .seconds(2)
        var cutter = UtteranceCutter(sampleRate: 16_000, configuration)
        var time: UInt64 = 1
        let outcomes = feed(&cutter, sound(0.3, level: -70) + sound(5, level: -20) + sound(1, level: -70), at: &time)
        let found = utterances(outcomes)
        #expect(found.map { $0.samples.count / 1600 } == [20, 20, 19])
        #expect(found.allSatisfy { $0.samples.count <= 32_000 })
        #expect(found.reduce(0) { $0 + $1.samples.count } == 94_400)
    }

    @Test func `a stream that stops in the middle of a word is ended by time`() throws {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        #expect(feed(&cutter, sound(0.3, level: -70) + sound(0.7, level: -20), at: &time) == [])
        let wakeTime = try #require(cutter.wakeTime)
        let early = cutter.tick(at: wakeTime - 1)
        #expect(early == nil)
        let ended = cutter.tick(at: wakeTime)
        let outcome = try #require(ended)
        #expect(utterances([outcome]).first?.samples.count == 16_000)
        let again = cutter.tick(at: wakeTime + 1)
        #expect(again == nil)
    }

    @Test func `sound after a gap is another utterance even when nobody looked at the clock`() {
        var cutter = UtteranceCutter(sampleRate: 16_000, .init())
        var time: UInt64 = 1
        _ = feed(&cutter, sound(0.3, level: -70) + sound(0.7, level: -20), at: &time)
        time += 5000 * millisecond
        let outcomes = feed(&cutter, sound(0.02, level: -20), at: &time)
        #expect(utterances(outcomes).count == 1)
    }

    @Test func `other rates have windows of the same length`() {
        for rate in [8000, 22_050, 44_100, 48_000] {
            var cutter = UtteranceCutter(sampleRate: rate, .init())
            var time: UInt64 = 1
            let samples =
                sound(1, level: -70, rate: rate) + sound(0.8, level: -20, rate: rate) + sound(1, level: -70, rate: rate)
            let found = utterances(feed(&cutter, samples, at: &time, chunk: rate / 50))
            #expect(found.count == 1, "\(rate)")
        }
    }

    @Test func `memory is bounded in whatever order sound comes`() {
        var configuration = UtteranceConfiguration()
        configuration.longest = .seconds(1)
        var random = SplitMix(seed: 5)
        var cutter = UtteranceCutter(sampleRate: 8000, configuration)
        var time: UInt64 = 1
        for _ in 0..<3000 {
            let part = sound(
                Double.random(in: 0...0.1, using: &random), level: Double.random(in: -80 ... -10, using: &random),
                rate: 8000)
            for utterance in utterances(cutter.take(part, at: time)) { #expect(utterance.samples.count <= 8000) }
            time += UInt64.random(in: 0...500, using: &random) * millisecond
        }
    }
}

@Suite struct UtteranceDeskTests {
    private func chunk(_ sender: String, level: Double, rate: Int = 16_000, seconds: Double = 0.02, ts: String = "1")
        -> VoiceChunk
    {
        VoiceChunk(
            sender: sender, sampleRate: rate, samples: sound(seconds, level: level, rate: rate), language: "pl-PL",
            timestamp: Array(ts.utf8)[...], requestID: nil)
    }

    private func utterances(_ outcomes: [UtteranceDesk.Outcome]) -> [UtteranceDesk.Utterance] {
        outcomes.compactMap { if case .utterance(let utterance) = $0 { utterance } else { nil } }
    }

    @Test func `senders are kept apart`() {
        var desk = UtteranceDesk(.init())
        var found: [UtteranceDesk.Utterance] = []
        for step in 0..<150 {
            let now = UInt64(step) * 20 * millisecond
            // One speaks while the other is silent, and the other way round.
            found += utterances(desk.take(chunk("a", level: step < 50 ? -20 : -80, ts: "\(step)"), at: now))
            found += utterances(desk.take(chunk("b", level: step < 50 ? -80 : -20, ts: "\(step)"), at: now))
        }
        found += utterances(desk.tick(at: 1_000_000 * millisecond))
        #expect(found.map(\.sender) == ["a", "b"])
        #expect(found.first?.timestamp == Array("0".utf8))
        #expect(found.last?.timestamp == Array("50".utf8))
    }

    @Test func `a sender more takes the place of the one that was silent the longest, whose words are kept`() {
        var configuration = UtteranceConfiguration()
        configuration.maxSenders = 3
        var desk = UtteranceDesk(configuration)
        var found: [UtteranceDesk.Utterance] = []
        for number in 0..<50 {
            found += utterances(
                desk.take(chunk("\(number)", level: -20, seconds: 0.5), at: UInt64(number) * 20 * millisecond))
            #expect(desk.senderCount <= 3)
        }
        #expect(found.map(\.sender) == (0..<47).map { "\($0)" })
    }

    @Test func `a change of rate ends an utterance`() {
        var desk = UtteranceDesk(.init())
        _ = desk.take(chunk("a", level: -20, seconds: 0.5), at: 0)
        let found = utterances(desk.take(chunk("a", level: -20, rate: 8000, seconds: 0.5), at: 20 * millisecond))
        #expect(found.map(\.sampleRate) == [16_000])
    }
}
