/// Sound of one channel in 16-bit samples, and its file format.
public struct WaveFile: Sendable, Hashable {
    public var sampleRate: Int
    public var samples: [Int16]

    public init(sampleRate: Int, samples: [Int16]) {
        self.sampleRate = sampleRate
        self.samples = samples
    }

    /// - Parameter bytes: two for each sample; a last single one is dropped.
    public init(sampleRate: Int, littleEndian bytes: ArraySlice<UInt8>) {
        self.sampleRate = sampleRate
        samples = bytes.withUnsafeBytes { raw in
            (0..<(raw.count / 2)).map {
                Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))
            }
        }
    }

    /// Reads a RIFF file of PCM with 8, 16, 24 or 32 bits or of 32-bit floating point, of any number of channels, which are
    /// mixed into one.
    ///
    /// A program that writes to a pipe cannot know the length beforehand and claims an impossible one: what is there counts.
    public init?(_ bytes: [UInt8]) {
        func number(_ offset: Int, _ width: Int) -> Int {
            (0..<width).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
        else { return nil }
        var offset = 12
        var format: Format?
        while offset + 8 <= bytes.count {
            let size = number(offset + 4, 4)
            let content = offset + 8
            if bytes[offset..<(offset + 4)].elementsEqual("fmt ".utf8) {
                guard size >= 16, content + min(size, 40) <= bytes.count else { return nil }
                // The extensible form keeps the code at the beginning of a long identifier.
                let code = number(content, 2) == 0xFFFE && size >= 40 ? number(content + 24, 2) : number(content, 2)
                format = Format(
                    code: code, channels: number(content + 2, 2), rate: number(content + 4, 4),
                    bits: number(content + 14, 2))
                if format == nil { return nil }
            } else if bytes[offset..<(offset + 4)].elementsEqual("data".utf8) {
                guard let format else { return nil }
                sampleRate = format.rate
                samples = format.samples(bytes[content..<(content + min(size, bytes.count - content))])
                return
            }
            offset = content + size + size & 1
        }
        return nil
    }

    /// How samples are written in a file.
    private struct Format {
        let code: Int
        let channels: Int
        let rate: Int
        let bits: Int

        init?(code: Int, channels: Int, rate: Int, bits: Int) {
            let isKnown = code == 1 && [8, 16, 24, 32].contains(bits) || code == 3 && bits == 32
            guard isKnown, 1...64 ~= channels, 1...384_000 ~= rate else { return nil }
            self.code = code
            self.channels = channels
            self.rate = rate
            self.bits = bits
        }

        /// One channel of 16 bits.
        func samples(_ bytes: ArraySlice<UInt8>) -> [Int16] {
            if code == 1, bits == 16, channels == 1 {
                return WaveFile(sampleRate: rate, littleEndian: bytes).samples
            }
            let width = bits / 8
            return bytes.withUnsafeBytes { raw in
                (0..<(raw.count / (width * channels))).map { frame in
                    var sum = 0
                    for channel in 0..<channels { sum += value(raw, at: (frame * channels + channel) * width) }
                    return Int16(clamping: sum / channels)
                }
            }
        }

        private func value(_ raw: UnsafeRawBufferPointer, at offset: Int) -> Int {
            if code == 3 {
                let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let value = Float(bitPattern: bits)
                return value.isFinite ? Int((min(1, max(-1, value)) * 32_767).rounded()) : 0
            }
            switch bits {
            case 8: return (Int(raw[offset]) - 128) << 8
            case 16: return Int(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
            // The two highest bytes.
            default:
                let place = offset + bits / 8 - 2
                return Int(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: Int16.self)))
            }
        }
    }

    /// Rounded to whole milliseconds.
    public var milliseconds: Int { (samples.count * 1000 + sampleRate / 2) / max(1, sampleRate) }

    /// The samples alone, two bytes each.
    public var littleEndian: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count * 2) { buffer, count in
            for (index, sample) in samples.enumerated() {
                buffer[index * 2] = UInt8(truncatingIfNeeded: sample)
                buffer[index * 2 + 1] = UInt8(truncatingIfNeeded: sample >> 8)
            }
            count = samples.count * 2
        }
    }

    /// The file.
    public var encoded: [UInt8] {
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
        return bytes + littleEndian
    }
}
