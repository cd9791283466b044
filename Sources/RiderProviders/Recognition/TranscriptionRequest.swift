import FoundationEssentials
import RiderModel

/// The payload of `voice.asr`.
struct TranscriptionRequest: Sendable {
    /// The sound as quoted base64 text.
    let audio: ArraySlice<UInt8>
    /// Of raw samples; a WAV file says its own.
    let sampleRate: Int
    /// As the task names it.
    let format: String
    /// The task's language in two or three letters; nil when it names none.
    let language: String?

    init(_ payload: ArraySlice<UInt8>) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "audio_data", "format", "sample_rate", "language")
        audio = try reader.requiredStringText("audio_data")
        format = try reader.string("format") ?? "wav"
        if let rate = reader.value("sample_rate") {
            guard let rate = rate.int, 1...384_000 ~= rate else {
                throw .payload("sample_rate must be a whole number of Hz above 0")
            }
            sampleRate = rate
        } else {
            sampleRate = 16_000
        }
        language = try reader.string("language").flatMap(Self.code)
    }

    /// `pl` for `pl-PL`, `pl_PL` and `PL`; nil for what is no language.
    static func code(_ language: String) -> String? {
        let code = language.lowercased().prefix { $0 != "-" && $0 != "_" }
        let isPlain = code.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
        return isPlain && 2...3 ~= code.utf8.count ? String(code) : nil
    }

    /// The bytes behind the base64 text.
    func bytes() throws(EngineError) -> [UInt8] {
        let quoted = audio.dropFirst().dropLast()
        // Some encoders write the slashes of base64 as `\/`, which is the same string.
        let text = quoted.contains(UInt8(ascii: "\\")) ? quoted.filter { $0 != UInt8(ascii: "\\") }[...] : quoted
        guard let data = Data(base64Encoded: Data(text)), !data.isEmpty else {
            throw .payload("audio_data is not base64")
        }
        return Array(data)
    }

    /// Whether the samples can be read here, and not only by an engine that knows the format.
    var isSamples: Bool { kind != .other }

    private enum Kind { case wave, raw, other }

    private var kind: Kind {
        switch format.lowercased() {
        case "wav", "wave", "audio/wav", "audio/x-wav": .wave
        case "raw", "pcm", "pcm16", "s16le", "pcm_s16le", "audio/pcm", "audio/l16": .raw
        default: .other
        }
    }

    /// The samples in one channel.
    ///
    /// - Throws: ``EngineError/payload(_:)`` for what is not the format that it says, or too long;
    ///   ``EngineError/unsuited(_:)`` for a format that only some engines read.
    func sound(maximumSeconds: Int) throws(EngineError) -> WaveFile {
        let wave: WaveFile
        switch kind {
        case .raw:
            let bytes = try bytes()
            guard bytes.count.isMultiple(of: 2) else { throw .payload("audio_data ends within a 16-bit sample") }
            wave = WaveFile(sampleRate: sampleRate, littleEndian: bytes[...])
        case .wave:
            guard let file = WaveFile(try bytes()) else { throw .payload("audio_data is no WAV file that can be read") }
            wave = file
        case .other: throw .unsuited("format \(format.prefix(40)) cannot be read here: send wav or raw")
        }
        guard !wave.samples.isEmpty else { throw .payload("audio_data holds no samples") }
        guard wave.samples.count <= maximumSeconds * wave.sampleRate else {
            throw .payload("Sound longer than \(maximumSeconds) s")
        }
        return wave
    }
}
