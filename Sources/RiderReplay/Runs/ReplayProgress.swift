import RiderModel

/// How far a replay is, for people and programs.
public struct ReplayProgress: Sendable, Hashable {
    public enum Phase: String, Sendable, Hashable, CaseIterable {
        /// Another one goes first.
        case queued
        /// For a subscriber.
        case waiting
        case sending
        /// Everything is sent; the last rows are not confirmed yet.
        case confirming
        case done
        /// Told to stop; can be resumed.
        case stopped
        /// No subscriber came, and nothing was sent.
        case noSubscriber = "no_subscriber"
        /// The link was lost, or the last subscriber left; can be resumed.
        case interrupted
        /// Could not go on; ``ReplayProgress/problem`` says why.
        case failed

        public var isEnd: Bool {
            switch self {
            case .queued, .waiting, .sending, .confirming: false
            case .done, .stopped, .noSubscriber, .interrupted, .failed: true
            }
        }
    }

    /// nil when there was nothing to send, and so no run.
    public var run: Int64?
    public var phase: Phase
    /// Rows that are to be sent in all; a resumed run counts those of before as well.
    public var selected: Int64 = 0
    /// Rows that were given to a socket.
    public var sent: Int64 = 0
    /// Rows that the robot's broker has read.
    public var confirmed: Int64 = 0
    /// Rows that were on their way when the link was lost.
    public var uncertain: Int64 = 0
    /// Rows that were given to a subscriber's connection, where no probe can confirm.
    public var handedOff: Int64 = 0
    /// Rows that could not be sent: nobody had subscribed to their topic, or they are too large.
    public var notSent: Int64 = 0
    /// Messages per second, of the last second or so; at the end of the whole.
    public var rate: Double = 0
    /// nil while it cannot be known.
    public var remaining: Duration?
    public var elapsed = Duration.zero
    /// A probe confirms what is sent.
    public var confirms = false
    public var problem: String?
    /// Rises with every change: a reader asks for what is newer than the one it has.
    public var version: Int64 = 0

    public init(run: Int64?, phase: Phase) {
        self.run = run
        self.phase = phase
    }

    /// Whether every row has reached what can be known to be the best: the broker, or without a probe a subscriber's
    /// connection that lived on.
    public var isComplete: Bool {
        phase == .done && uncertain == 0 && notSent == 0
            && (confirms ? confirmed >= selected : confirmed + handedOff >= selected)
    }
}

extension ReplayProgress {
    public var json: JSONValue {
        func optional<Value>(_ value: Value?, _ make: (Value) -> JSONValue) -> JSONValue { value.map(make) ?? .null }
        return .object([
            .init("run", optional(run, JSONValue.integer)), .init("phase", .string(phase.rawValue)),
            .init("selected", .integer(selected)), .init("sent", .integer(sent)),
            .init("confirmed", .integer(confirmed)), .init("uncertain", .integer(uncertain)),
            .init("handed_off", .integer(handedOff)), .init("not_sent", .integer(notSent)),
            .init("rate", .number((rate * 10).rounded() / 10)),
            .init("remaining_seconds", optional(remaining) { .number($0.inSeconds) }),
            .init("elapsed_seconds", .number(Double(elapsed.wholeMilliseconds) / 1000)),
            .init("confirms", .bool(confirms)), .init("problem", optional(problem, JSONValue.string)),
            .init("version", .integer(version)),
        ])
    }

    /// Reads what ``json`` writes.
    ///
    /// - Returns: nil when it is something else.
    public init?(json: JSONValue) {
        guard let name = json["phase"]?.string, let phase = Phase(rawValue: name) else { return nil }
        func count(_ key: String) -> Int64 { Int64(json[key]?.int ?? 0) }
        func span(_ key: String) -> Duration? {
            json[key]?.double.map { .milliseconds(Int64(($0 * 1000).rounded())) }
        }
        self.init(run: json["run"]?.int.map(Int64.init), phase: phase)
        selected = count("selected")
        sent = count("sent")
        confirmed = count("confirmed")
        uncertain = count("uncertain")
        handedOff = count("handed_off")
        notSent = count("not_sent")
        rate = json["rate"]?.double ?? 0
        remaining = span("remaining_seconds")
        elapsed = span("elapsed_seconds") ?? .zero
        confirms = json["confirms"]?.bool ?? false
        problem = json["problem"]?.string
        version = count("version")
    }
}
