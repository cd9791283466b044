/// Finds missing numbers in the messages of any number of publishers and topics.
///
/// Telemetry messages carry a number per publisher and topic that rises by one. What is skipped is missing until it comes,
/// as it does in a replay.
struct GapFinder: Sendable {
    /// Runs of missing numbers remembered per publisher and topic. Beyond it the oldest run counts as missing for good.
    static let maxRuns = 1000
    /// Publishers and topics watched; further ones are not.
    static let maxStreams = 10_000

    /// One row of numbers.
    struct Stream: Sendable, Hashable, Comparable {
        var publisher: String
        var topic: String

        static func < (left: Stream, right: Stream) -> Bool {
            (left.topic, left.publisher) < (right.topic, right.publisher)
        }
    }

    enum Finding: Sendable, Hashable {
        /// The first message of its publisher and topic: what came before is unknown.
        case first
        case next
        /// Numbers were skipped.
        case gap(ClosedRange<Int64>)
        /// A number that had been missing.
        case filled
        /// A number that was there already, or one from before the first.
        case repeated
        /// There are too many publishers and topics, or the number is negative, which no publisher gives.
        case unwatched
    }

    private struct Numbers {
        var last: Int64
        /// Ascending, without touching each other.
        var missing: [ClosedRange<Int64>] = []
        var forgotten: Int64 = 0

        var missingCount: Int64 { missing.reduce(forgotten) { $0 + Int64($1.count) } }
    }

    private var streams: [Stream: Numbers] = [:]

    /// Messages that are missing now.
    var missingCount: Int64 {
        streams.values.reduce(0) { sum, numbers in
            // Foreign numbers may be anything, and their sum must not end the program.
            let (total, overflow) = sum.addingReportingOverflow(numbers.missingCount)
            return overflow ? .max : total
        }
    }

    /// Publishers and topics with missing messages, in order.
    var missing: [(stream: Stream, count: Int64, runs: [ClosedRange<Int64>])] {
        streams.filter { $0.value.missingCount > 0 }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value.missingCount, $0.value.missing) }
    }

    mutating func observe(publisher: String, topic: String, number: Int64) -> Finding {
        // Runs of numbers from zero up have a length that fits.
        guard number >= 0 else { return .unwatched }
        let stream = Stream(publisher: publisher, topic: topic)
        guard var numbers = streams[stream] else {
            guard streams.count < Self.maxStreams else { return .unwatched }
            streams[stream] = Numbers(last: number)
            return .first
        }
        defer { streams[stream] = numbers }
        if number > numbers.last {
            let skipped = numbers.last + 1..<number
            numbers.last = number
            if skipped.isEmpty { return .next }
            let gap = ClosedRange(skipped)
            numbers.missing.append(gap)
            if numbers.missing.count > Self.maxRuns {
                numbers.forgotten += Int64(numbers.missing.removeFirst().count)
            }
            return .gap(gap)
        }
        guard let index = numbers.missing.firstIndex(where: { $0.contains(number) }) else { return .repeated }
        let run = numbers.missing[index]
        let parts = [run.lowerBound..<number, number + 1..<run.upperBound + 1].filter { !$0.isEmpty }
        numbers.missing.replaceSubrange(index...index, with: parts.map { ClosedRange($0) })
        return .filled
    }
}
