import Glibc

/// The level of what is there when nobody speaks, followed as it changes: down at once, up slowly, and more slowly while
/// somebody speaks, whose voice must not become the noise.
struct NoiseFloor {
    /// What silence is taken to be before anything was heard.
    static let start = -60.0
    /// Digital silence has no level; nothing quieter is told apart.
    static let quietest = -90.0
    private static let risePerWindow = 0.12
    private static let risePerWindowOfSpeech = 0.02

    private(set) var decibels = start

    mutating func hear(_ level: Double, isSpeech: Bool) {
        if level < decibels {
            decibels += (level - decibels) * 0.25
        } else {
            decibels = min(level, decibels + (isSpeech ? Self.risePerWindowOfSpeech : Self.risePerWindow))
        }
    }

    /// The level of sound: 0 dB is the loudest square wave there can be.
    static func level(of samples: some Sequence<Int16>) -> Double {
        var sum = 0.0
        var squares = 0.0
        var count = 0.0
        for sample in samples {
            sum += Double(sample)
            squares += Double(sample) * Double(sample)
            count += 1
        }
        guard count > 0 else { return quietest }
        // A microphone's constant offset is no sound.
        let mean = sum / count
        let power = max(0, squares / count - mean * mean) / (32_768.0 * 32_768.0)
        return power > 0 ? max(quietest, 10 * log10(power)) : quietest
    }
}
