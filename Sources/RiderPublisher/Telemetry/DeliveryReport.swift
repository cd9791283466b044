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

    var isEmpty: Bool { ranges.isEmpty && counts.isEmpty }

    /// Adds a row to the last run when it continues it.
    mutating func note(_ seq: Int64, _ state: DeliveryState) {
        if let last = ranges.last, last.state == state, last.last + 1 == seq {
            ranges[ranges.count - 1].last = seq
        } else {
            ranges.append(DeliveryRange(first: seq, last: seq, state: state))
        }
    }

    mutating func count(_ topic: TelemetryTopic, _ state: DeliveryState) {
        counts[Outcome(topic: topic, state: state), default: 0] += 1
    }
}
