import RiderModel

/// A run of numbers (`tseq`) of one topic, both ends included, as it stands in a message: `{"topic":"…","first":42,"last":57}`.
public struct NumberRange: Sendable, Hashable {
    public var topic: TelemetryTopic
    public var numbers: ClosedRange<Int64>

    public init(topic: TelemetryTopic, numbers: ClosedRange<Int64>) {
        self.topic = topic
        self.numbers = numbers
    }

    var json: JSONValue {
        ["topic": .string(topic.name), "first": .integer(numbers.lowerBound), "last": .integer(numbers.upperBound)]
    }

    /// - Returns: nil when it is no range, or one of a topic without history.
    init?(_ json: JSONValue) {
        guard let topic = json["topic"]?.string.flatMap(TelemetryTopic.init(name:)), let first = json["first"]?.int,
            let last = json["last"]?.int, first >= 1, first <= last, last < Int.max
        else { return nil }
        self.init(topic: topic, numbers: Int64(first)...Int64(last))
    }
}
