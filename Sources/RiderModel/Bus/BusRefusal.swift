/// Why a message of the bus was not taken. It is counted by ``code``; it never stops the reader.
public struct BusRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Reason: Sendable, Hashable {
        /// Neither two frames nor one of the form `topic SPACE object`.
        case frameCount(Int)
        case invalidTopic
        /// A neighbour of a subscribed topic.
        case unknownTopic
        case emptyPayload
        case invalidJSON(JSONError)
        case emptyObject
    }

    public let reason: Reason
    /// nil when it could not be told.
    public let topic: String?
    /// What came as the object; nil when the fault lies before it.
    public let body: ArraySlice<UInt8>?

    public init(_ reason: Reason, topic: String? = nil, body: ArraySlice<UInt8>? = nil) {
        self.reason = reason
        self.topic = topic
        self.body = body
    }

    /// A short stable name for metrics.
    public var code: String {
        switch reason {
        case .frameCount: "bad_framing"
        case .invalidTopic: "invalid_topic"
        case .unknownTopic: "unknown_topic"
        case .emptyPayload: "empty_payload"
        case .invalidJSON: "invalid_json"
        case .emptyObject: "empty_object"
        }
    }

    public var description: String {
        switch reason {
        case .frameCount(let count): "a message of \(count) frames is not a topic and an object"
        case .invalidTopic: "the topic is empty, too long, or has characters that no topic has"
        case .unknownTopic: "the topic only begins like a subscribed one"
        case .emptyPayload: "the message is empty"
        case .invalidJSON(let error): "the message is not a JSON object that can be read: \(error)"
        case .emptyObject: "the object has no fields"
        }
    }
}
