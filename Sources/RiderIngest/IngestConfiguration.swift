import RiderModel

/// How robot messages become tasks.
public struct IngestConfiguration: Sendable {
    /// A larger bus message is refused. `ingest.max_message_bytes`, default 4 MiB.
    public var maxMessageBytes = 4 << 20
    /// Messages between the bus and the queue at most; beyond it the oldest frame makes room. `ingest.buffer_size`, default 64.
    public var bufferSize = 64
    /// The level of tasks made from `vision.frame.offload`. `vision.frame.priority`, default 1.
    public var framePriority = Priority(rawValue: 1) ?? .standard
    /// Frames that may wait in the queue: the newest win. `vision.frame.frame_buffer_size`, default 5.
    public var frameBufferSize = 5
    /// A frame that has not been started this long after it was queued is not worth it. `vision.frame.deadline_ms`, default
    /// 500 ms.
    public var frameDeadline = Duration.milliseconds(500)
    /// A frame that could not be queued this long after its receipt is dropped. Default 200 ms.
    public var maxFrameDelay = Duration.milliseconds(200)
    /// The level of tasks made from `voice.tts.request`. `voice.tts.priority`, default 6.
    public var speechPriority = Priority(rawValue: 6) ?? .standard
    /// How sound of `voice.asr.request` is cut. Section `voice.asr.utterance`.
    public var utterance = UtteranceConfiguration()
    /// The level of tasks made from `voice.asr.request`. `voice.asr.priority`, default 5.
    public var utterancePriority = Priority(rawValue: 5) ?? .standard
    /// What was said and not started this long after it was queued is not worth it; the same for the time before the queue
    /// had it. `voice.asr.deadline_ms`, default 4 s.
    public var utteranceDeadline = Duration.seconds(4)
    /// The wait before the queue is tried again after an error; it doubles up to ``retryMaximum``. Default 0.1 s.
    public var retryBase = Duration.milliseconds(100)
    /// Default 5 s.
    public var retryMaximum = Duration.seconds(5)

    public init() {}
}
