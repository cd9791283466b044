import RiderJournal
import RiderModel

@testable import RiderRecovery

/// A state machine with a journal in memory, one topic of which rows may be missing.
struct PretendedJournal {
    static let publisherID = "5f1c"
    static let now = UnixTime(milliseconds: 1_763_035_207_000)

    var machine: RecoveryStateMachine
    var published: [TelemetryTopic: Int64] = [.text: 100]
    var removed: Set<Int64> = []
    var superseded: Set<Int64> = []
    var tooLarge: Set<Int64> = []
    var isBroken = false
    var clock: UInt64 = 0
    /// Rows that listeners have acknowledged.
    var acknowledged: [ClosedRange<Int64>] = []
    var reads: [RecoveryStateMachine.Read] = []
    /// Answers that have not been looked at, by listener.
    var answers: [String: [RecoveryAnswer]] = [:]

    init(_ change: (inout RecoveryStateMachine.Configuration) -> Void = { _ in }) {
        var configuration = RecoveryStateMachine.Configuration()
        change(&configuration)
        machine = RecoveryStateMachine(
            publisherID: Self.publisherID, maxMessageBytes: 2_000, configuration: configuration)
    }

    mutating func take(_ request: ListenerRequest, from listener: String = "a") {
        take(frames: [request.encoded], from: listener)
    }

    mutating func take(frames: [[UInt8]], from listener: String = "a") {
        machine.take(frames: frames, from: Array(listener.utf8), published: published, now: clock)
        collect()
    }

    mutating func lookAround() {
        machine.lookAround(now: clock)
        collect()
    }

    private mutating func collect() {
        for action in machine.takeActions() {
            switch action {
            case .send(let listener, let frames):
                guard let answer = RecoveryAnswer(frames: frames) else { continue }
                answers[String(decoding: listener, as: UTF8.self), default: []].append(answer)
            case .read(let read): reads.append(read)
            case .acknowledge(let runs): acknowledged += runs
            }
        }
    }

    /// Answers one read.
    mutating func read() {
        guard !reads.isEmpty else { return }
        let read = reads.removeFirst()
        if isBroken {
            machine.readFailed(now: clock)
        } else {
            switch read {
            case .page(_, let range, let limit, let maxBytes):
                machine.pageRead(page(range, limit, maxBytes), at: Self.now, now: clock)
            case .rows(_, let range):
                let present = range.numbers.filter { !removed.contains($0) && !superseded.contains($0) }
                machine.rowsRead(
                    TopicRows(runs: present.map { $0...$0 }, through: range.numbers.upperBound), now: clock)
            }
        }
        collect()
    }

    /// Answers reads until none is asked for.
    mutating func readAll() {
        while !reads.isEmpty { read() }
    }

    private func page(_ range: NumberRange, _ limit: Int, _ maxBytes: Int) -> TopicPage {
        var page = TopicPage(through: range.numbers.lowerBound - 1)
        var bytes = 0
        for number in range.numbers {
            if page.records.count == limit || bytes >= maxBytes { return page }
            page.through = number
            if removed.contains(number) { continue }
            if superseded.contains(number) {
                page.superseded.append(number)
                continue
            }
            let size = tooLarge.contains(number) ? 4_000 : 10
            let body = Array(#"{"n":\#(number),"pad":"\#(String(repeating: "x", count: size))"}"#.utf8)
            bytes += body.count
            page.records.append(
                JournalRecord(
                    seq: number, topicSeq: number, topic: range.topic, recordedAt: Self.now - .seconds(60),
                    body: body))
        }
        return page
    }

    /// Takes what a listener was answered since the last time.
    mutating func takeAnswers(_ listener: String = "a") -> [RecoveryAnswer] {
        answers.removeValue(forKey: listener) ?? []
    }
}

extension ListenerRequest {
    static func text(
        _ numbers: ClosedRange<Int64>..., id: Int64 = 1, publisherID: String = PretendedJournal.publisherID
    ) -> ListenerRequest {
        .get(id: id, publisherID: publisherID, ranges: numbers.map { NumberRange(topic: .text, numbers: $0) })
    }

    static func have(
        _ numbers: ClosedRange<Int64>..., publisherID: String = PretendedJournal.publisherID
    ) -> ListenerRequest {
        .acknowledge(publisherID: publisherID, ranges: numbers.map { NumberRange(topic: .text, numbers: $0) })
    }
}

extension RecoveryAnswer {
    /// The answer in short: `1…3`, `gone 4…5 removed`, `end`.
    var short: String {
        switch self {
        case .state(let publisherID, let numbers, _): "state \(publisherID) \(numbers[.text] ?? 0)"
        case .history(_, let range, _): "\(range.numbers.lowerBound)…\(range.numbers.upperBound)"
        case .gone(_, let range, let reason):
            "gone \(range.numbers.lowerBound)…\(range.numbers.upperBound) \(reason.rawValue)"
        case .end: "end"
        case .acknowledged(_, let ranges):
            "acked " + ranges.map { "\($0.numbers.lowerBound)…\($0.numbers.upperBound)" }.joined(separator: " ")
        case .refused(let refusal): "refused \(refusal.reason.rawValue)"
        }
    }
}
