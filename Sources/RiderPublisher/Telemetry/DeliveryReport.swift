import RiderJournal
import RiderModel

/// What became of rows since the last report.
struct DeliveryReport: Sendable {
    struct Outcome: Sendable, Hashable {
        var topic: TelemetryTopic
        var state: DeliveryState
    }

    /// In the order of events: a later range overrides an earlier one.
    var ranges: [DeliveryRange] = []
    /// How many messages reached each state.
    var counts: [Outcome: Int] = [:]
    /// The same of the replay that runs.
    var replayed: [DeliveryRange] = []
    var replayCounts: [Outcome: Int] = [:]
    /// Up to this row nothing of the replay is in doubt; nil: no change.
    var position: Int64?

    var isEmpty: Bool { ranges.isEmpty && counts.isEmpty && replayed.isEmpty && replayCounts.isEmpty }

    /// Adds a row to the last run when it continues it.
    mutating func note(_ seq: Int64, _ state: DeliveryState, in lane: PublisherStateMachine.Lane = .live) {
        switch lane {
        case .live: Self.add(seq, state, to: &ranges)
        case .replay: Self.add(seq, state, to: &replayed)
        }
    }

    private static func add(_ seq: Int64, _ state: DeliveryState, to ranges: inout [DeliveryRange]) {
        if let last = ranges.last, last.state == state, last.last + 1 == seq {
            ranges[ranges.count - 1].last = seq
        } else {
            ranges.append(DeliveryRange(first: seq, last: seq, state: state))
        }
    }

    mutating func count(
        _ topic: TelemetryTopic, _ state: DeliveryState, in lane: PublisherStateMachine.Lane = .live
    ) {
        let outcome = Outcome(topic: topic, state: state)
        switch lane {
        case .live: counts[outcome, default: 0] += 1
        case .replay: replayCounts[outcome, default: 0] += 1
        }
    }
}
