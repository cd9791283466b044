import RiderModel

/// Finds the utterances in one sender's sound.
///
///     silent ──loud window──▶ speaking ──silence for the hangover, or no sound for the gap──▶ silent
///                                └──the longest: cut──▶ speaking
///
/// A pure value: it is given sound and time. What it remembers is bounded: the pre-roll while silent, the longest utterance
/// while speaking.
struct UtteranceCutter {
    /// What was said between two silences.
    struct Utterance: Hashable {
        var samples: [Int16]
        /// Monotonic nanoseconds: when its first and last sound arrived.
        var beganAt: UInt64
        var endedAt: UInt64
    }

    enum Outcome: Hashable {
        case utterance(Utterance)
        /// A noise too short to be speech.
        case tooShort
    }

    private enum Phase {
        case silent
        case speaking(beganAt: UInt64)
    }

    let sampleRate: Int
    private let configuration: UtteranceConfiguration
    private var phase = Phase.silent
    private var floor = NoiseFloor()
    /// Sound that does not fill a window yet.
    private var partial: [Int16] = []
    /// The pre-roll, or the utterance so far.
    private var kept: [Int16] = []
    private var loudWindows = 0
    private var quietWindowsInRow = 0
    private(set) var lastSoundAt: UInt64 = 0

    init(sampleRate: Int, _ configuration: UtteranceConfiguration) {
        self.sampleRate = max(1000, sampleRate)
        self.configuration = configuration
    }

    var isSpeaking: Bool {
        if case .speaking = phase { true } else { false }
    }

    var noiseFloor: Double { floor.decibels }

    /// When ``tick(at:)`` wants to be called at the latest; nil for never.
    var wakeTime: UInt64? {
        isSpeaking ? lastSoundAt &+ UInt64(configuration.gap.wholeMilliseconds) * 1_000_000 : nil
    }

    /// Takes more sound, of any length.
    ///
    /// - Parameter now: monotonic nanoseconds of its arrival.
    mutating func take(_ samples: some Collection<Int16>, at now: UInt64) -> [Outcome] {
        var outcomes: [Outcome] = []
        // The sender had stopped in between.
        if let outcome = tick(at: now) { outcomes.append(outcome) }
        lastSoundAt = now
        let sound = partial + samples
        var start = 0
        while sound.count - start >= window {
            if let outcome = look(at: sound[start..<(start + window)], now) { outcomes.append(outcome) }
            start += window
        }
        partial = Array(sound[start...])
        return outcomes
    }

    /// Time has passed: ends the utterance of a sender that has stopped.
    mutating func tick(at now: UInt64) -> Outcome? {
        guard let wakeTime, now >= wakeTime else { return nil }
        return finish()
    }

    /// Ends what is being said, for a sender that is given up.
    mutating func finish() -> Outcome? {
        guard case .speaking(let beganAt) = phase else { return nil }
        phase = .silent
        defer {
            kept.removeAll()
            partial.removeAll()
            loudWindows = 0
            quietWindowsInRow = 0
        }
        guard loudWindows * windowMilliseconds >= Int(configuration.shortest.wholeMilliseconds) else {
            return .tooShort
        }
        return .utterance(Utterance(samples: kept, beganAt: beganAt, endedAt: lastSoundAt))
    }

    // MARK: - Windows

    private let windowMilliseconds = 20
    private var window: Int { sampleRate * windowMilliseconds / 1000 }

    private func samples(in duration: Duration) -> Int { Int(duration.wholeMilliseconds) * sampleRate / 1000 }

    private mutating func look(at samples: ArraySlice<Int16>, _ now: UInt64) -> Outcome? {
        let level = NoiseFloor.level(of: samples)
        let isLoud =
            level >= configuration.minimumDecibels && level >= floor.decibels + configuration.thresholdDecibels
        floor.hear(level, isSpeech: isLoud)
        kept += samples
        switch phase {
        case .silent:
            guard isLoud else {
                let surplus = kept.count - self.samples(in: configuration.preRoll)
                if surplus > 0 { kept.removeFirst(surplus) }
                return nil
            }
            phase = .speaking(beganAt: now)
            loudWindows = 1
            quietWindowsInRow = 0
            return nil
        case .speaking:
            if isLoud {
                loudWindows += 1
                quietWindowsInRow = 0
            } else {
                quietWindowsInRow += 1
            }
            let quiet = quietWindowsInRow * windowMilliseconds
            if quiet >= Int(configuration.hangover.wholeMilliseconds) { return finishKeepingTail() }
            if kept.count >= self.samples(in: configuration.longest) { return cut(now) }
            return nil
        }
    }

    /// The silence that ends one utterance is the beginning of the next.
    private mutating func finishKeepingTail() -> Outcome? {
        let tail = kept.suffix(min(samples(in: configuration.preRoll), samples(in: configuration.hangover)))
        let outcome = finish()
        kept = Array(tail)
        return outcome
    }

    private mutating func cut(_ now: UInt64) -> Outcome? {
        let outcome = finish()
        phase = .speaking(beganAt: now)
        return outcome
    }
}
