/// The publisher's mark: the member `_rider` of every telemetry message. It travels inside the JSON because robot readers
/// unpack exactly two frames.
///
/// ```json
/// "_rider":{"pub":"5f1c…","seq":1042,"tseq":17,"ts":1763035207.0,"elided":["result.audio_data"],"replay":{"age_ms":7200000}}
/// ```
public struct RiderMark: Sendable, Hashable {
    /// Added to a message that is sent again.
    public struct Replay: Sendable, Hashable {
        /// How old the message is, in milliseconds.
        public var ageMilliseconds: Int64

        public init(ageMilliseconds: Int64) {
            self.ageMilliseconds = ageMilliseconds
        }
    }

    /// The member's key.
    public static let key = "_rider"

    /// Names one journal.
    public var publisherID: String
    /// Number in the journal.
    public var seq: Int64
    /// Number in the topic; a jump means that messages were missed.
    public var topicSeq: Int64
    /// When the message was committed.
    public var recordedAt: UnixTime
    /// What was taken out to keep the message small, such as `result.audio_data`.
    public var elided: [String]
    /// nil for a message that is sent for the first time.
    public var replay: Replay?

    public init(
        publisherID: String, seq: Int64, topicSeq: Int64, recordedAt: UnixTime, elided: [String] = [],
        replay: Replay? = nil
    ) {
        self.publisherID = publisherID
        self.seq = seq
        self.topicSeq = topicSeq
        self.recordedAt = recordedAt
        self.elided = elided
        self.replay = replay
    }

    /// The body with the mark as its last member.
    ///
    /// - Parameter body: one JSON object without a mark.
    public func spliced(into body: [UInt8]) -> [UInt8] {
        JSONWriter.appending(member: "_rider", encoded, to: body)
    }

    private var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.key("pub")
            writer.string(publisherID)
            writer.key("seq")
            writer.integer(seq)
            writer.key("tseq")
            writer.integer(topicSeq)
            writer.key("ts")
            writer.number(recordedAt.seconds)
            if !elided.isEmpty {
                writer.key("elided")
                writer.array { writer in
                    for name in elided { writer.string(name) }
                }
            }
            if let replay {
                writer.key("replay")
                writer.object { writer in
                    writer.key("age_ms")
                    writer.integer(replay.ageMilliseconds)
                }
            }
        }
        return writer.bytes
    }
}

extension RiderMark {
    /// Reads the mark of a received message.
    ///
    /// - Returns: nil when the text is no JSON object, or has no mark that can be read.
    public init?(in message: [UInt8]) {
        guard let mark = (try? JSONMembers(scanning: message))?.value(Self.key),
            let publisherID = mark["pub"]?.string, let seq = mark["seq"]?.int, let topicSeq = mark["tseq"]?.int,
            let seconds = mark["ts"]?.double
        else { return nil }
        self.init(
            publisherID: publisherID, seq: Int64(seq), topicSeq: Int64(topicSeq),
            recordedAt: UnixTime(seconds: seconds), elided: mark["elided"]?.array?.compactMap(\.string) ?? [],
            replay: (mark["replay"]?["age_ms"]?.int).map { Replay(ageMilliseconds: Int64($0)) })
    }
}
