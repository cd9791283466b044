import FoundationEssentials
import RiderModel

/// Sound of one channel in 16-bit samples, and its file format.
struct WaveFile: Sendable, Hashable {
    var sampleRate: Int
    var samples: [Int16]

    init(sampleRate: Int, samples: [Int16]) {
        self.sampleRate = sampleRate
        self.samples = samples
    }

    /// Reads a RIFF file of 16-bit mono PCM.
    ///
    /// A program that writes to a pipe cannot know the length beforehand and claims an impossible one: what is there counts.
    init?(_ bytes: [UInt8]) {
        func number(_ offset: Int, _ width: Int) -> Int {
            (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
        else { return nil }
        var offset = 12
        var rate: Int?
        while offset + 8 <= bytes.count {
            let size = number(offset + 4, 4)
            let content = offset + 8
            if bytes[offset..<(offset + 4)].elementsEqual("fmt ".utf8) {
                guard size >= 16, content + 16 <= bytes.count, number(content, 2) == 1, number(content + 2, 2) == 1,
                    number(content + 14, 2) == 16
                else { return nil }
                rate = number(content + 4, 4)
            } else if bytes[offset..<(offset + 4)].elementsEqual("data".utf8) {
                guard let rate, 1...384_000 ~= rate else { return nil }
                let count = min(size, bytes.count - content) / 2
                sampleRate = rate
                samples = (0..<count).map { index in
                    Int16(
                        truncatingIfNeeded: Int(bytes[content + index * 2]) | Int(bytes[content + index * 2 + 1]) << 8)
                }
                return
            }
            offset = content + size + size & 1
        }
        return nil
    }

    /// Rounded to whole milliseconds.
    var milliseconds: Int { (samples.count * 1000 + sampleRate / 2) / max(1, sampleRate) }

    /// The file.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(44 + samples.count * 2)
        func append(_ value: Int, _ width: Int) {
            for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
        }
        bytes += "RIFF".utf8
        append(36 + samples.count * 2, 4)
        bytes += "WAVEfmt ".utf8
        append(16, 4)
        append(1, 2)
        append(1, 2)
        append(sampleRate, 4)
        append(sampleRate * 2, 4)
        append(2, 2)
        append(16, 2)
        bytes += "data".utf8
        append(samples.count * 2, 4)
        for sample in samples { append(Int(sample), 2) }
        return bytes
    }

    /// The result object of `voice.tts`.
    var result: JSONValue {
        [
            "audio_data": .string(Data(encoded).base64EncodedString()), "format": "wav",
            "sample_rate": .integer(Int64(sampleRate)), "duration_ms": .integer(Int64(milliseconds)),
        ]
    }
}
