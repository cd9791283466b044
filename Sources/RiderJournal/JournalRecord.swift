import RiderModel

/// A committed result: what the publisher sends.
public struct JournalRecord: Sendable {
    /// Number in the journal; never used twice, rising in the order of commits.
    public var seq: Int64
    /// Number in the topic; without gaps.
    public var topicSeq: Int64
    public var topic: TelemetryTopic
    public var recordedAt: UnixTime
    public var body: [UInt8]
    /// Where it came from, when it was imported: on the wire it goes by this.
    public var origin: RowOrigin?

    public init(
        seq: Int64, topicSeq: Int64, topic: TelemetryTopic, recordedAt: UnixTime, body: [UInt8],
        origin: RowOrigin? = nil
    ) {
        self.seq = seq
        self.topicSeq = topicSeq
        self.origin = origin
        self.topic = topic
        self.recordedAt = recordedAt
        self.body = body
    }
}
