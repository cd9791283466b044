import Foundation
import RiderModel

func sine(_ frequency: Double, rate: Int, seconds: Double = 0.5) -> WaveFile {
    let count = Int(Double(rate) * seconds)
    return WaveFile(
        sampleRate: rate,
        samples: (0..<count).map {
            Int16((20_000 * sin(2 * .pi * frequency * Double($0) / Double(rate))).rounded())
        })
}

/// The amplitude of one frequency in the middle of a sound.
func amplitude(_ frequency: Double, in wave: WaveFile) -> Double {
    let samples = wave.samples.dropFirst(wave.sampleRate / 10).dropLast(wave.sampleRate / 10)
    var real = 0.0
    var imaginary = 0.0
    for (index, sample) in zip(samples.indices, samples) {
        let phase = 2 * .pi * frequency * Double(index) / Double(wave.sampleRate)
        real += Double(sample) * cos(phase)
        imaginary += Double(sample) * sin(phase)
    }
    return 2 * (real * real + imaginary * imaginary).squareRoot() / Double(samples.count)
}

extension TaskResult {
    /// The sound of a `voice.tts` result; nil when there is none.
    var sound: WaveFile? {
        get throws {
            try json["audio_data"]?.string.flatMap { Data(base64Encoded: $0) }.flatMap { WaveFile(Array($0)) }
        }
    }
}
