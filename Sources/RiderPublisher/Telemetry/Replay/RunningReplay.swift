import DequeModule
import RiderJournal
import RiderModel
import RiderReplay

/// The replay that the publisher's thread has in hand.
struct RunningReplay {
    let feed: ReplayFeed
    /// Its topics on the wire.
    let names: [TelemetryTopic: [UInt8]]
    var pace: ReplayPace
    var taken: Deque<JournalRecord> = []
    /// The row that comes next, and its message once it was made.
    var head: (record: JournalRecord, message: [[UInt8]]?)?
    var phase = ReplayReport.Phase.waiting
    /// Since when nobody has been there; nil while somebody is.
    var unreachedSince: UInt64?
    /// Rows handed to the socket, those that were sent once more counted once.
    var sent: Int64 = 0
    /// How it will end, once what is on its way is confirmed.
    var ending: Result<ReplayEnding, any Error>?
    /// Does not wait longer for that.
    var confirmUntil: UInt64 = 0

    init(_ feed: ReplayFeed) {
        self.feed = feed
        let prefix = feed.job.topicPrefix.text
        names = Dictionary(
            uniqueKeysWithValues: feed.job.topics.map { ($0, Array((prefix + $0.name).utf8)) })
        pace = ReplayPace(feed.job.rate)
    }

    enum Next {
        case row(JournalRecord)
        case pending
        case end
        case failed(any Error)
    }

    mutating func next() -> Next {
        if let head { return .row(head.record) }
        if taken.isEmpty {
            switch feed.take() {
            case .records(let records): taken = records
            case .pending: return .pending
            case .end: return .end
            case .failed(let error): return .failed(error)
            }
        }
        guard let record = taken.popFirst() else { return .pending }
        head = (record, nil)
        return .row(record)
    }

    /// Forgets what was read, and goes on behind a row that was sent.
    ///
    /// - Parameter seq: nil is where the replay began.
    mutating func rewind(to seq: Int64?, sentBehind count: Int64) {
        taken = []
        head = nil
        sent -= count
        feed.rewind(to: seq ?? feed.job.position)
        pace.interrupted()
    }
}
