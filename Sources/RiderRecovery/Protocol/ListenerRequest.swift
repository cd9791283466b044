import RiderModel

/// What a listener says to the worker; see ``RecoveryServer`` for the protocol.
public enum ListenerRequest: Sendable, Hashable {
    /// What a listener has of one publisher's topic: everything up to a number.
    public struct Place: Sendable, Hashable {
        public var publisherID: String
        public var number: Int64

        public init(publisherID: String, number: Int64) {
            self.publisherID = publisherID
            self.number = number
        }
    }

    /// Who listens, and what it has. Asks for the state of the journal.
    case hello(listener: String, places: [TelemetryTopic: Place])
    /// Asks for missing numbers. Takes the place of an earlier `get` that is not done.
    case get(id: Int64, publisherID: String, ranges: [NumberRange])
    /// How many bytes of the answers to a `get` have been read so far: more may be sent.
    case credit(id: Int64, bytes: Int64)
    /// What the listener has for certain and will not ask for again.
    case acknowledge(publisherID: String, ranges: [NumberRange])

    static let version = 1
    /// Ranges in one request, and topics in one hello, at most.
    public static let maxRanges = 64

    /// The name of the kind, as it stands in the message and in metrics.
    public var kind: String {
        switch self {
        case .hello: "hello"
        case .get: "get"
        case .credit: "credit"
        case .acknowledge: "ack"
        }
    }

    static let kinds = ["hello", "get", "credit", "ack"]
}

// MARK: - On the wire

extension ListenerRequest {
    public var encoded: [UInt8] {
        var members: [JSONValue.Member] = [
            .init("v", .integer(Int64(Self.version))), .init("type", .string(kind)),
        ]
        switch self {
        case .hello(let listener, let places):
            members.append(.init("listener", .string(listener)))
            let topics = places.sorted { $0.key.rawValue < $1.key.rawValue }.map { topic, place in
                JSONValue.Member(
                    topic.name, ["pub": .string(place.publisherID), "tseq": .integer(place.number)])
            }
            members.append(.init("topics", .object(topics)))
        case .get(let id, let publisherID, let ranges):
            members.append(.init("id", .integer(id)))
            members.append(.init("pub", .string(publisherID)))
            members.append(.init("ranges", .array(ranges.map(\.json))))
        case .credit(let id, let bytes):
            members.append(.init("id", .integer(id)))
            members.append(.init("bytes", .integer(bytes)))
        case .acknowledge(let publisherID, let ranges):
            members.append(.init("pub", .string(publisherID)))
            members.append(.init("ranges", .array(ranges.map(\.json))))
        }
        return JSONValue.object(members).encoded
    }

    /// - Throws: ``RecoveryRefusal`` that says what is wrong with the request.
    public init(frames: [[UInt8]]) throws(RecoveryRefusal) {
        guard frames.count == 1, let json = try? JSONValue(parsing: frames[0]), json.members != nil else {
            throw RecoveryRefusal(.badFrame, "a request is one frame with one JSON object")
        }
        let id = json["id"]?.int.map(Int64.init)
        guard json["v"]?.int == Self.version else {
            throw RecoveryRefusal(.badVersion, "\"v\" must be \(Self.version)", id: id)
        }
        switch json["type"]?.string {
        case "hello": self = try Self.hello(json)
        case "get":
            guard let id else { throw RecoveryRefusal(.badRequest, "\"id\" must be a whole number") }
            self = .get(id: id, publisherID: try Self.publisher(json, id), ranges: try Self.ranges(json, id))
        case "credit":
            guard let id, let bytes = json["bytes"]?.int, bytes >= 0 else {
                throw RecoveryRefusal(.badRequest, "\"id\" and \"bytes\" must be whole numbers", id: id)
            }
            self = .credit(id: id, bytes: Int64(bytes))
        case "ack":
            self = .acknowledge(publisherID: try Self.publisher(json, id), ranges: try Self.ranges(json, id))
        default:
            throw RecoveryRefusal(
                .badRequest, "\"type\" must be one of \(Self.kinds.joined(separator: ", "))", id: id)
        }
    }

    private static func hello(_ json: JSONValue) throws(RecoveryRefusal) -> ListenerRequest {
        guard let members = (json["topics"] ?? [:]).members, members.count <= maxRanges else {
            throw RecoveryRefusal(.badRequest, "\"topics\" must be an object with \(maxRanges) members at most")
        }
        var places: [TelemetryTopic: Place] = [:]
        for member in members {
            // A listener of a newer program may have topics that are not known here.
            guard let topic = TelemetryTopic(name: member.key) else { continue }
            guard let publisherID = member.value["pub"]?.string, let number = member.value["tseq"]?.int, number >= 0
            else {
                throw RecoveryRefusal(.badRequest, "a topic needs \"pub\" (text) and \"tseq\" (0 or more)")
            }
            places[topic] = Place(publisherID: publisherID, number: Int64(number))
        }
        return .hello(listener: json["listener"]?.string ?? "", places: places)
    }

    private static func publisher(_ json: JSONValue, _ id: Int64?) throws(RecoveryRefusal) -> String {
        guard let publisherID = json["pub"]?.string else {
            throw RecoveryRefusal(.badRequest, "\"pub\" must be the publisher's id", id: id)
        }
        return publisherID
    }

    private static func ranges(_ json: JSONValue, _ id: Int64?) throws(RecoveryRefusal) -> [NumberRange] {
        guard let values = json["ranges"]?.array, !values.isEmpty else {
            throw RecoveryRefusal(.badRange, "\"ranges\" must be a list that is not empty", id: id)
        }
        guard values.count <= maxRanges else {
            throw RecoveryRefusal(.tooManyRanges, "\(values.count) ranges are more than \(maxRanges)", id: id)
        }
        var ranges: [NumberRange] = []
        for value in values {
            guard let range = NumberRange(value) else {
                throw RecoveryRefusal(
                    .badRange, "a range needs a telemetry \"topic\" and 1 ≤ \"first\" ≤ \"last\"", id: id)
            }
            ranges.append(range)
        }
        return ranges
    }
}
