/// The publisher's mark: the member `_rider` of every telemetry message. It travels inside the JSON because robot readers
/// unpack exactly two frames.
///
/// ```json
/// "_rider":{"pub":"5f1c…","seq":1042,"tseq":17,"ts":1763035207.0,"elided":["result.audio_data"],
///           "replay":true,"run":3,"replayed_at":1763042407.0,"age_ms":7200000}
/// ```
public struct RiderMark: Sendable, Hashable {
    /// Added to a message that is sent again.
    public struct Replay: Sendable, Hashable {
        /// The run of `rider replay` or of a catch-up; nil when a listener asked for the message itself.
        public var run: Int64?
        /// When the message was sent again.
        public var replayedAt: UnixTime
        /// How old the message was then, in milliseconds.
        public var ageMilliseconds: Int64

        public init(run: Int64? = nil, replayedAt: UnixTime, ageMilliseconds: Int64) {
            self.run = run
            self.replayedAt = replayedAt
            self.ageMilliseconds = ageMilliseconds
        }

        /// - Parameter recordedAt: when the message was committed; a clock that was set back meanwhile makes it no older.
        public init(run: Int64? = nil, at now: UnixTime, of recordedAt: UnixTime) {
            self.init(run: run, replayedAt: now, ageMilliseconds: max(0, (now - recordedAt).wholeMilliseconds))
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
                writer.bool(true)
                if let run = replay.run {
                    writer.key("run")
                    writer.integer(run)
                }
                writer.key("replayed_at")
                writer.number(replay.replayedAt.seconds)
                writer.key("age_ms")
                writer.integer(replay.ageMilliseconds)
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
        let recordedAt = UnixTime(seconds: seconds)
        var replay: Replay?
        if mark["replay"]?.bool == true {
            let replayedAt = mark["replayed_at"]?.double.map(UnixTime.init(seconds:)) ?? recordedAt
            replay = Replay(
                run: mark["run"]?.int.map(Int64.init), replayedAt: replayedAt,
                ageMilliseconds: mark["age_ms"]?.int.map(Int64.init)
                    ?? max(0, (replayedAt - recordedAt).wholeMilliseconds))
        }
        self.init(
            publisherID: publisherID, seq: Int64(seq), topicSeq: Int64(topicSeq), recordedAt: recordedAt,
            elided: mark["elided"]?.array?.compactMap(\.string) ?? [], replay: replay)
    }
}
