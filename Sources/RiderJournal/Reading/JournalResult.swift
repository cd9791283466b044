import RiderModel

/// A journaled result as lists show it.
public struct JournalResult: Sendable, Hashable {
    public var seq: Int64
    /// Number in the topic.
    public var topicSeq: Int64
    public var topic: TelemetryTopic
    public var recordedAt: UnixTime
    public var taskID: String
    public var taskType: String
    public var priority: Int
    public var attempt: Int
    public var status: String
    public var waitMilliseconds: Int64
    public var processingMilliseconds: Double?
    /// What became of it when it was sent for the first time.
    public var state: DeliveryState
    /// The best that became of it in replays; nil when none has touched it.
    public var replayState: DeliveryState?
    /// A listener of the broker has it, or of the socket where no broker can confirm.
    ///
    /// That is: `broker_confirmed` or `robot_acked`; `handed_off` as the first outcome when nothing could have confirmed it
    /// and its connection lived on (see ``JournalConfiguration/handOffSettles``); `handed_off` in a replay, because a replay
    /// behind a broker does not end with it: it is either on its way now, or the best there is.
    public var isDelivered: Bool
    /// Its worker had lost the lease: another attempt counts.
    public var isSuperseded: Bool
    /// Where it came from, when it was imported: on the wire it goes by this, with the numbers it had there.
    public var origin: RowOrigin?
    public var bodyBytes: Int
    /// nil unless the query asked for bodies.
    public var body: [UInt8]?

    /// What is known of it by now: the first outcome, or what a replay has done better.
    public var effectiveState: DeliveryState { state.improved(by: replayState) }
}
