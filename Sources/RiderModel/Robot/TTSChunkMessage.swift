/// `voice.tts.chunk`: sound to play. The robot reads `data`; `audio_data` is the name that listeners of old know.
public struct TTSChunkMessage: Sendable, Hashable {
    /// How the sound is coded, in the words that robot code looks for.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case wav
        case mp3
        /// Raw samples, signed 16 bit, little endian, one channel.
        case pcm16

        /// Reads names as robot code does: anything with `mp3` in it is mp3, with `pcm` or `s16` raw, the rest is wav.
        public init(name: String) {
            let name = name.lowercased()
            if name.contains("mp3") {
                self = .mp3
            } else if name.contains("pcm") || name.contains("s16") {
                self = .pcm16
            } else {
                self = .wav
            }
        }
    }

    /// Samples per second that no sound device has; a robot's player gets no larger number.
    public static let highestSampleRate = 192_000
    /// One robot version plays raw samples at this rate whatever the message says, so raw sound has it or is not sent.
    public static let rawSampleRate = 16_000

    public var taskID: String
    /// Standard base64, padded, on one line.
    public var data: String
    public var format: Format
    /// Samples per second.
    public var sampleRate: Int
    /// nil when the engine did not say.
    public var durationMilliseconds: Int?
    /// Number in the answer, from 0.
    public var seq: Int
    /// Whether no more follow for this task.
    public var isLast: Bool
    /// Seconds, of this machine's clock.
    public var ts: Double
    public var meta: [JSONValue.Member]

    public init(
        taskID: String, data: String, format: Format, sampleRate: Int, durationMilliseconds: Int?, seq: Int,
        isLast: Bool, ts: Double, meta: [JSONValue.Member]
    ) {
        self.taskID = taskID
        self.data = data
        self.format = format
        self.sampleRate = sampleRate
        self.durationMilliseconds = durationMilliseconds
        self.seq = seq
        self.isLast = isLast
        self.ts = ts
        self.meta = meta
    }

    /// - Returns: nil for another kind of task, a failed one, and sound that a robot could not play.
    public init?(task: ClaimedTask, result: TaskResult, now: UnixTime) {
        guard task.envelope.type == .voiceTTS, let output = FreshOutput(task: task, result: result, now: now)
        else { return nil }
        self.init(output: output)
    }

    /// A part of a speech whose rest is still being made: WAV in standard base64.
    ///
    /// - Returns: nil for a task that did not come from the robot's bus.
    public init?(
        task: ClaimedTask, data: String, sampleRate: Int, durationMilliseconds: Int, seq: Int, isLast: Bool,
        now: UnixTime
    ) {
        let started = TaskResult.completed([:])
        guard let output = FreshOutput(task: task, result: started, now: now), output.sourceTopic != nil else {
            return nil
        }
        self.init(
            taskID: task.envelope.id, data: data, format: .wav, sampleRate: sampleRate,
            durationMilliseconds: durationMilliseconds, seq: seq, isLast: isLast, ts: now.seconds,
            meta: output.meta(["request_id"]))
    }

    init?(output: FreshOutput) {
        guard let data = output.value["audio_data"]?.string, Base64.isStandard(Array(data.utf8)),
            let sampleRate = output.value["sample_rate"]?.int, (1...Self.highestSampleRate).contains(sampleRate)
        else { return nil }
        let format = Format(name: output.value["format"]?.string ?? "wav")
        if format == .pcm16, sampleRate != Self.rawSampleRate { return nil }
        let duration = output.value["duration_ms"]?.double
        self.init(
            taskID: output.task.envelope.id, data: data, format: format, sampleRate: sampleRate,
            durationMilliseconds: duration.flatMap { $0 >= 0 ? Int(exactly: $0.rounded()) : nil }, seq: 0, isLast: true,
            ts: output.now.seconds, meta: output.meta(["request_id"]))
    }

    public var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 256 + 2 * data.utf8.count)
        writer.object { writer in
            writer.key("task_id")
            writer.string(taskID)
            writer.key("data")
            writer.string(data)
            writer.key("audio_data")
            writer.string(data)
            writer.key("format")
            writer.string(format.rawValue)
            writer.key("sample_rate")
            writer.integer(sampleRate)
            if let durationMilliseconds {
                writer.key("duration_ms")
                writer.integer(durationMilliseconds)
            }
            writer.key("seq")
            writer.integer(seq)
            writer.key("last")
            writer.bool(isLast)
            writer.key("ts")
            writer.number(ts)
            writer.key("meta")
            writer.value(.object(meta))
        }
        return writer.bytes
    }
}
