/// A message of the robot's bus: a topic and one JSON object with fields.
public struct BusMessage: Sendable {
    /// Longer topics are nobody's.
    public static let maximumTopicBytes = 128

    public let topic: String
    /// The object's bytes as received.
    public let body: ArraySlice<UInt8>
    public let members: JSONMembers

    /// Takes frames apart: two frames are a topic and a JSON object; one frame is `topic SPACE object`, as older robot modules
    /// still send it. Everything else is refused; so is `{}`, which robot readers ignore as well.
    ///
    /// - Parameters:
    ///   - frames: one multipart message.
    ///   - topics: the topics asked for. Subscriptions are byte prefixes, so neighbours arrive too; nil takes any topic.
    public init(frames: [[UInt8]], topics: Set<String>? = nil) throws(BusRefusal) {
        let (name, body) = try Self.split(frames)
        guard let topic = Self.topic(name) else { throw BusRefusal(.invalidTopic) }
        if let topics, !topics.contains(topic) { throw BusRefusal(.unknownTopic, topic: topic) }
        if body.isEmpty { throw BusRefusal(.emptyPayload, topic: topic) }
        do {
            members = try JSONMembers(scanning: body)
        } catch {
            throw BusRefusal(.invalidJSON(error), topic: topic, body: body)
        }
        if members.isEmpty { throw BusRefusal(.emptyObject, topic: topic, body: body) }
        self.topic = topic
        self.body = body
    }

    private static func split(
        _ frames: [[UInt8]]
    ) throws(BusRefusal) -> (topic: ArraySlice<UInt8>, body: ArraySlice<UInt8>) {
        switch frames.count {
        case 2: return (frames[0][...], frames[1][...])
        case 1:
            let frame = frames[0]
            guard let space = frame.prefix(maximumTopicBytes + 1).firstIndex(of: UInt8(ascii: " ")) else {
                throw BusRefusal(.frameCount(1))
            }
            return (frame[..<space], frame[(space + 1)...])
        default: throw BusRefusal(.frameCount(frames.count))
        }
    }

    /// Letters, digits, dots, dashes, underscores, slashes: what topics on the robot are made of.
    private static func topic(_ name: ArraySlice<UInt8>) -> String? {
        guard !name.isEmpty, name.count <= maximumTopicBytes else { return nil }
        for byte in name {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "/"):
                continue
            default: return nil
            }
        }
        return String(decoding: name, as: UTF8.self)
    }
}
