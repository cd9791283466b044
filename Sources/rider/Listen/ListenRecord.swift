import RiderModel

/// What a listener has heard.
struct ListenRecord: Sendable {
    /// Topics counted by name; the messages of further ones are counted together.
    static let maxTopics = 1000
    static let otherTopics = "(others)"

    private(set) var messages = 0
    private(set) var byTopic: [String: (messages: Int, bytes: Int)] = [:]
    private(set) var replayed = 0
    private(set) var repeated = 0
    private(set) var gaps = GapFinder()
    var refused = 0
    var linkLosses = 0
    private var isUp = false
    private var wasUp = false

    /// - Returns: what its number says; nil for a message without one.
    mutating func take(topic: String, body: [UInt8]) -> (mark: RiderMark, finding: GapFinder.Finding)? {
        messages += 1
        let name = byTopic[topic] != nil || byTopic.count < Self.maxTopics ? topic : Self.otherTopics
        byTopic[name, default: (0, 0)].messages += 1
        byTopic[name, default: (0, 0)].bytes += body.count
        guard let mark = RiderMark(in: body) else { return nil }
        if mark.replay != nil { replayed += 1 }
        let finding = gaps.observe(publisher: mark.publisherID, topic: topic, number: mark.topicSeq)
        if finding == .repeated { repeated += 1 }
        return (mark, finding)
    }

    /// - Parameter repeated: messages that came again and were not counted.
    mutating func noteRecovery(repeated: Int) {
        self.repeated += repeated
    }

    mutating func noteLink(isUp: Bool) {
        if self.isUp, !isUp { linkLosses += 1 }
        self.isUp = isUp
        wasUp = wasUp || isUp
    }

    var text: String {
        var table = TextTable(("TOPIC", .left), ("MESSAGES", .right), ("BYTES", .right))
        for (topic, counts) in byTopic.sorted(by: { $0.key < $1.key }) {
            table.add(Shown.line(topic, limit: 64), Shown.count(counts.messages), Shown.count(counts.bytes))
        }
        var text = messages > 0 ? table.text : "No message came" + (wasUp ? ".\n" : ": the link was never up.\n")
        if replayed > 0 {
            text += "\(Shown.count(replayed)) were replayed, \(Shown.count(repeated)) had come before.\n"
        }
        if refused > 0 { text += "\(Shown.count(refused)) were too large.\n" }
        if linkLosses > 0 { text += "Link losses: \(Shown.count(linkLosses)).\n" }
        for (stream, count, runs) in gaps.missing {
            let shown = runs.prefix(5).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)…\($0.upperBound)" }
            text += "\(stream.topic) of \(Shown.line(stream.publisher, limit: 64)) lacks \(Shown.count(count)): "
            text += shown.joined(separator: ", ") + (runs.count > 5 ? ", …\n" : "\n")
        }
        if gaps.missingCount == 0, messages > 0 { text += "Nothing is missing.\n" }
        return text
    }

    var json: JSONValue {
        let topics = byTopic.sorted { $0.key < $1.key }.map { topic, counts -> JSONValue in
            ["topic": .string(topic), "messages": .whole(counts.messages), "bytes": .whole(counts.bytes)]
        }
        let missing = gaps.missing.map { stream, count, runs -> JSONValue in
            [
                "topic": .string(stream.topic), "pub": .string(stream.publisher), "count": .whole(count),
                "runs": .array(runs.map { [.whole($0.lowerBound), .whole($0.upperBound)] }),
            ]
        }
        return [
            "summary": [
                "messages": .whole(messages), "topics": .array(topics), "replayed": .whole(replayed),
                "repeated": .whole(repeated), "refused": .whole(refused), "link_losses": .whole(linkLosses),
                "missing": .array(missing),
            ]
        ]
    }
}
