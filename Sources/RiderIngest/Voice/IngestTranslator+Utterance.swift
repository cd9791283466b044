import FoundationEssentials
import RiderModel
import RiderQueue

extension IngestTranslator {
    /// A task for what somebody said: raw 16-bit sound of one channel. Its age counts from the end of the words.
    ///
    /// - Parameter clockRun: of the clock that the utterance's times are of.
    mutating func task(
        for utterance: UtteranceDesk.Utterance, clockRun: String
    ) throws(IngestRefusal) -> NewTask {
        let sound = WaveFile(sampleRate: utterance.sampleRate, samples: utterance.samples)
        var payload = JSONWriter(capacity: utterance.samples.count * 3 + 256)
        payload.object { writer in
            writer.key("audio_data")
            writer.string(Data(sound.littleEndian).base64EncodedString())
            writer.key("format")
            writer.string("raw")
            writer.key("sample_rate")
            writer.integer(utterance.sampleRate)
            if let language = utterance.language {
                writer.key("language")
                writer.string(language)
            }
        }
        var meta = JSONWriter()
        meta.object { writer in
            writer.key("source_topic")
            writer.string(IngestTopic.voiceChunk.rawValue)
            if !utterance.sender.isEmpty {
                writer.key("rid")
                writer.string(utterance.sender)
            }
            if let requestID = utterance.requestID {
                writer.key("request_id")
                writer.string(requestID)
            }
            if let timestamp = utterance.timestamp {
                writer.key("timestamp")
                writer.raw(timestamp[...])
            }
            Self.write(Receipt(nanoseconds: utterance.endedAt, clockRun: clockRun), to: &writer)
            writer.key("audio_ms")
            writer.integer(sound.milliseconds)
        }
        return try newTask(
            "voice-asr-" + fresh(), .voiceASR, payload.bytes, meta.bytes, priority: configuration.utterancePriority,
            expiresIn: configuration.utteranceDeadline, durable: false)
    }
}
