import RiderModel

/// What somebody wants to be sent again. It travels as JSON to a running worker, and is kept in the journal with the run.
public struct ReplayRequest: Sendable, Hashable {
    /// From here on; nil with ``until`` alone means the beginning.
    public var since: ReplayPoint?
    /// Before this; a row of `seq:N` belongs to it.
    public var until: ReplayPoint?
    /// Empty means every topic.
    public var topics: Set<TelemetryTopic> = []
    public var status: TaskResult.Status?
    public var taskID: String?
    /// Only what a listener may have missed and no replay has brought since.
    public var onlyUndelivered = false
    /// Nothing that is older than this when the replay begins.
    public var maxAge: Duration?
    /// nil: the safe rate of the configuration, adapting to the broker.
    public var rate: ReplayRate?
    /// `bind://…` or `tcp://…` to send there instead of where live telemetry goes.
    public var endpoint: String?
    public var topicPrefix = ReplayTopicPrefix.none
    /// Waits so long for a subscriber, at the beginning and when the last one leaves.
    public var wait = Duration.seconds(5)
    /// Whoever asks for it will ask how far it is, again and again until the end. It is stopped when nobody has for 5 s.
    public var isWatched = false

    public init() {}
}

/// A text that is no ``ReplayRequest``.
public struct ReplayRequestError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
}

extension ReplayRequest {
    public var json: JSONValue {
        var members: [JSONValue.Member] = []
        func add(_ key: String, _ value: JSONValue?) {
            if let value { members.append(.init(key, value)) }
        }
        add("since", since.map { .string($0.text) })
        add("until", until.map { .string($0.text) })
        if !topics.isEmpty { add("topics", .array(topics.map(\.name).sorted().map(JSONValue.string))) }
        add("status", status.map { .string($0.rawValue) })
        add("task", taskID.map(JSONValue.string))
        if onlyUndelivered { add("only_undelivered", .bool(true)) }
        add("max_age_seconds", maxAge.map { .number($0.inSeconds) })
        add("rate", rate.map { .string($0.description) })
        add("to", endpoint.map(JSONValue.string))
        if !topicPrefix.text.isEmpty { add("topic_prefix", .string(topicPrefix.text)) }
        add("wait_seconds", .number(wait.inSeconds))
        if isWatched { add("watched", .bool(true)) }
        return .object(members)
    }

    /// Reads what ``json`` writes. A member that is not known is an error: to leave out what somebody asked for would send
    /// something else.
    public init(json: JSONValue) throws(ReplayRequestError) {
        guard case .object(let members) = json else {
            throw .init(description: "a replay is asked for by a JSON object")
        }
        for member in members { try take(member) }
    }

    private mutating func take(_ member: JSONValue.Member) throws(ReplayRequestError) {
        func refuse(_ wanted: String) -> ReplayRequestError { .init(description: "\(member.key) must be \(wanted)") }
        func text() throws(ReplayRequestError) -> String {
            guard let text = member.value.string else { throw refuse("a string") }
            return text
        }
        func flag() throws(ReplayRequestError) -> Bool {
            guard let flag = member.value.bool else { throw refuse("true or false") }
            return flag
        }
        func point() throws(ReplayRequestError) -> ReplayPoint {
            do {
                return try ReplayPoint(parsing: try text())
            } catch let error as TimeExpressionError {
                throw .init(description: "\(member.key): \(error)")
            } catch {
                throw refuse("a string")
            }
        }
        func seconds(from least: Double) throws(ReplayRequestError) -> Duration {
            guard let seconds = member.value.double, seconds >= least, seconds <= 1e9 else {
                throw refuse("a number of seconds, \(least) or more")
            }
            return .milliseconds(Int64(seconds * 1000))
        }
        switch member.key {
        case "since": since = try point()
        case "until": until = try point()
        case "topics":
            guard let names = member.value.array?.map(\.string), !names.isEmpty else {
                throw refuse("an array of topics")
            }
            for name in names {
                guard let topic = name.flatMap(TelemetryTopic.init(name:)) else {
                    throw refuse("of " + TelemetryTopic.allCases.map(\.name).joined(separator: ", "))
                }
                topics.insert(topic)
            }
        case "status":
            guard let status = TaskResult.Status(rawValue: try text()) else { throw refuse("completed or failed") }
            self.status = status
        case "task": taskID = try text()
        case "only_undelivered": onlyUndelivered = try flag()
        case "max_age_seconds": maxAge = try seconds(from: 0.001)
        case "rate":
            guard let rate = ReplayRate(parsing: try text()) else { throw refuse("1x, 10x, 200/s or max") }
            self.rate = rate
        case "to": endpoint = try text()
        case "topic_prefix":
            guard let prefix = ReplayTopicPrefix(try text()) else { throw refuse(ReplayTopicPrefix.rule) }
            topicPrefix = prefix
        case "wait_seconds": wait = try seconds(from: 0)
        case "watched": isWatched = try flag()
        default: throw .init(description: "\(member.key) is not known here")
        }
    }
}

extension ReplayTopicPrefix {
    /// The condition behind "must be".
    public static let rule =
        "at most \(longest) letters, digits and ._/- that begin with \"\(beginning)\": with another beginning, history could "
        + "reach a robot as a command"
}

extension ReplayPoint {
    /// As it is written.
    var text: String {
        switch self {
        case .lastOutage: "last-outage"
        case .sequence(let number): "seq:\(number)"
        case .time(.at(let time)): HumanText.iso8601(time)
        case .time(.ago(let duration)): "\(duration.wholeMilliseconds)ms"
        }
    }
}
