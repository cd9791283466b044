import NIOHTTP1
import RiderModel

/// Reads the sound that an engine of `voice.tts` gives.
enum SpokenSound {
    /// Of raw samples whose rate nobody tells: what OpenAI's interface calls `pcm`.
    private static let rawRate = 24_000

    /// - Returns: nil for anything but a whole WAV file. A file that says how long it is and ends before that was cut off; one that
    ///   could not know its length when it began is believed.
    static func wave(_ bytes: [UInt8]) -> WaveFile? {
        guard let wave = WaveFile(bytes) else { return nil }
        let length = (4..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * ($1 - 4)) }
        // What programs write when they do not know it: almost as much as the field or its positive half can hold. Some that know it
        // count the eight bytes before it as well.
        let isKnown = length < 0x7FFF_0000
        return isKnown && length > bytes.count ? nil : wave
    }

    /// The answer of a server that was asked for a WAV. Some answer with raw samples all the same: 16 bits, little endian, one
    /// channel, at the rate that the type (`audio/L16;rate=24000`) or the field `X-Sample-Rate` tells.
    ///
    /// - Returns: nil for anything else, and for no sound at all: a server that broke off after the head of its answer.
    static func answer(_ bytes: [UInt8], contentType: String, headers: HTTPHeaders) -> WaveFile? {
        if bytes.starts(with: "RIFF".utf8) { return wave(bytes).flatMap { $0.samples.isEmpty ? nil : $0 } }
        let type = contentType.prefix { $0 != ";" }
        guard type.hasPrefix("audio/pcm") || ["audio/l16", "audio/x-pcm", "audio/raw"].contains(type),
            !bytes.isEmpty, bytes.count.isMultiple(of: 2)
        else { return nil }
        let parameter = contentType.split(separator: ";").lazy.map { $0.drop { $0 == " " } }
            .first { $0.hasPrefix("rate=") }?.dropFirst("rate=".count)
        let told = parameter.map(String.init) ?? headers.first(name: "X-Sample-Rate")
        guard let rate = told.map(Int.init) ?? rawRate, 1...384_000 ~= rate else { return nil }
        return WaveFile(sampleRate: rate, littleEndian: bytes[...])
    }
}
