import FoundationEssentials
import RiderModel

extension WaveFile {
    /// The result object of `voice.tts`.
    var result: JSONValue {
        [
            "audio_data": .string(Data(encoded).base64EncodedString()), "format": "wav",
            "sample_rate": .integer(Int64(sampleRate)), "duration_ms": .integer(Int64(milliseconds)),
        ]
    }
}
