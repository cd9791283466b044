import RiderModel

/// The payload of `voice.asr`.
struct TranscriptionRequest: Sendable, Hashable {
    var sampleRate: Int
    var format: String

    init(_ payload: ArraySlice<UInt8>) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "audio_data", "format", "sample_rate")
        _ = try reader.requiredStringText("audio_data")
        format = try reader.string("format") ?? "wav"
        if let rate = reader.value("sample_rate") {
            guard let rate = rate.int, 1...384_000 ~= rate else {
                throw .payload("sample_rate must be a whole number of Hz above 0")
            }
            sampleRate = rate
        } else {
            sampleRate = 16_000
        }
    }
}
