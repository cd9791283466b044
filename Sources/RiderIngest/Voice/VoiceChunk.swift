import FoundationEssentials
import RiderModel

/// One message of a microphone: a few milliseconds of sound.
public struct VoiceChunk: Sendable {
    /// Whose microphone; empty when the message does not say.
    var sender: String
    var sampleRate: Int
    var samples: [Int16]
    /// As the message names it: `pl-PL`.
    var language: String?
    /// JSON text: the sender's time, when it is a number.
    var timestamp: ArraySlice<UInt8>?
    var requestID: String?
}

extension IngestTranslator {
    private static let sampleRates = 4000...192_000

    /// A part of what the microphone hears.
    ///
    /// `chunk_pcm` is raw 16-bit sound of one channel at `rate`; `audio_data` is the same when `format` says so, else a WAV
    /// file, which says its own rate.
    func chunk(_ message: BusMessage) throws(IngestRefusal) -> VoiceChunk {
        let members = message.members
        var rate = 16_000
        for field in ["rate", "sample_rate"] {
            guard let value = members.value(field) else { continue }
            guard let number = value.int, Self.sampleRates.contains(number) else {
                throw IngestRefusal(.wrongType(field: field, expected: "a number of samples a second"))
            }
            rate = number
            break
        }
        let sound = try sound(members, rate: rate)
        return VoiceChunk(
            sender: Self.identifier(members.value("rid")) ?? "", sampleRate: sound.sampleRate, samples: sound.samples,
            language: members.value("lang")?.string ?? members.value("language")?.string,
            timestamp: members["ts"].flatMap { $0.isNumber ? $0 : nil },
            requestID: Self.identifier(members.value("request_id")))
    }

    private func sound(_ members: JSONMembers, rate: Int) throws(IngestRefusal) -> WaveFile {
        let field = members.value("chunk_pcm") == nil ? "audio_data" : "chunk_pcm"
        guard let value = members.value(field) else { throw IngestRefusal(.missing(field: "chunk_pcm")) }
        guard let text = value.string else { throw IngestRefusal(.wrongType(field: field, expected: "a string")) }
        if text.isEmpty { throw IngestRefusal(.missing(field: field)) }
        guard Base64.isStandard(Array(text.utf8)), let data = Data(base64Encoded: text) else {
            throw IngestRefusal(.invalidBase64(field: field))
        }
        let bytes = Array(data)
        let format = members.value("format")?.string?.lowercased() ?? "wav"
        let isRaw = field == "chunk_pcm" || ["raw", "pcm", "s16le", "pcm_s16le"].contains(format)
        guard isRaw else {
            guard format.contains("wav"), let file = WaveFile(bytes), Self.sampleRates.contains(file.sampleRate) else {
                throw IngestRefusal(.wrongType(field: field, expected: "a WAV file or raw samples"))
            }
            return file
        }
        guard bytes.count.isMultiple(of: 2) else {
            throw IngestRefusal(.wrongType(field: field, expected: "whole samples of 16 bits"))
        }
        return WaveFile(sampleRate: rate, littleEndian: bytes[...])
    }
}
