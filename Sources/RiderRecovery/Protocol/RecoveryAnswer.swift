import RiderModel

/// What the worker says to a listener; see ``RecoveryServer`` for the protocol.
public enum RecoveryAnswer: Sendable, Hashable {
    /// Why numbers will never come.
    public enum Gone: String, Sendable, Hashable, CaseIterable {
        /// Retention or the quota has removed the rows.
        case removed
        /// The rows do not count: another attempt's row does. They were never published.
        case superseded
        /// Larger than `telemetry.max_message_bytes` even without binary fields; never published.
        case unsendable
        /// This worker has another journal.
        case unknownPublisher = "unknown_publisher"
        /// Beyond what was sent so far. Not lost: such a number may still come.
        case neverSent = "never_sent"
    }

    /// Whose journal this is, and the last number per topic that was sent so far.
    case state(publisherID: String, numbers: [TelemetryTopic: Int64], windowBytes: Int)
    /// One message for every number of the range, in order, each with `_rider` and its replay mark.
    case history(id: Int64, range: NumberRange, bodies: [[UInt8]])
    case gone(id: Int64, range: NumberRange, Gone)
    /// Everything about the ranges of a `get` has been said.
    case end(id: Int64)
    /// Taken down: the listener need not say it again.
    case acknowledged(publisherID: String, ranges: [NumberRange])
    case refused(RecoveryRefusal)

    /// The request that this answers; nil when it had no id.
    public var id: Int64? {
        switch self {
        case .history(let id, _, _), .gone(let id, _, _), .end(let id): id
        case .refused(let refusal): refusal.id
        case .state, .acknowledged: nil
        }
    }
}

// MARK: - On the wire

extension RecoveryAnswer {
    /// A JSON object in the first frame; the messages of `history` follow, one a frame.
    public var frames: [[UInt8]] {
        var members: [JSONValue.Member] = [.init("v", .integer(Int64(ListenerRequest.version)))]
        func add(_ key: String, _ value: JSONValue) { members.append(.init(key, value)) }
        func add(_ range: NumberRange) { members += range.json.members ?? [] }
        var bodies: [[UInt8]] = []
        switch self {
        case .state(let publisherID, let numbers, let windowBytes):
            add("type", "state")
            add("pub", .string(publisherID))
            let topics = numbers.sorted { $0.key.rawValue < $1.key.rawValue }
            add("topics", .object(topics.map { .init($0.name, .integer($1)) }))
            add("window", .integer(Int64(windowBytes)))
        case .history(let id, let range, let messages):
            add("type", "history")
            add("id", .integer(id))
            add(range)
            bodies = messages
        case .gone(let id, let range, let reason):
            add("type", "gone")
            add("id", .integer(id))
            add(range)
            add("reason", .string(reason.rawValue))
        case .end(let id):
            add("type", "end")
            add("id", .integer(id))
        case .acknowledged(let publisherID, let ranges):
            add("type", "acked")
            add("pub", .string(publisherID))
            add("ranges", .array(ranges.map(\.json)))
        case .refused(let refusal):
            add("type", "refused")
            add("id", refusal.id.map(JSONValue.integer) ?? .null)
            add("reason", .string(refusal.reason.rawValue))
            add("message", .string(refusal.message))
        }
        return [JSONValue.object(members).encoded] + bodies
    }

    /// - Returns: nil when it is no answer that this program knows.
    public init?(frames: [[UInt8]]) {
        guard let first = frames.first, let json = try? JSONValue(parsing: first),
            json["v"]?.int == ListenerRequest.version
        else { return nil }
        let id = json["id"]?.int.map(Int64.init)
        switch json["type"]?.string {
        case "state":
            guard let publisherID = json["pub"]?.string, let topics = json["topics"]?.members else { return nil }
            var numbers: [TelemetryTopic: Int64] = [:]
            for member in topics {
                guard let topic = TelemetryTopic(name: member.key) else { continue }
                numbers[topic] = member.value.int.map(Int64.init)
            }
            self = .state(publisherID: publisherID, numbers: numbers, windowBytes: json["window"]?.int ?? 0)
        case "history":
            guard let id, let range = NumberRange(json) else { return nil }
            self = .history(id: id, range: range, bodies: Array(frames.dropFirst()))
        case "gone":
            guard let id, let range = NumberRange(json),
                let reason = json["reason"]?.string.flatMap(Gone.init(rawValue:))
            else { return nil }
            self = .gone(id: id, range: range, reason)
        case "end":
            guard let id else { return nil }
            self = .end(id: id)
        case "acked":
            guard let publisherID = json["pub"]?.string, let ranges = json["ranges"]?.array else { return nil }
            self = .acknowledged(publisherID: publisherID, ranges: ranges.compactMap(NumberRange.init))
        case "refused":
            guard let reason = json["reason"]?.string.flatMap(RecoveryRefusal.Reason.init(rawValue:)) else {
                return nil
            }
            self = .refused(RecoveryRefusal(reason, json["message"]?.string ?? "", id: id))
        default:
            return nil
        }
    }
}
