import RiderModel

/// Makes the messages on `telemetry.metrics`: one a round, with the series that changed since they were told last.
///
/// ```json
/// {"timestamp":1763035200.125,"run":3,"samples":{"link_up{link=\"telemetry\"}":1}}
/// ```
///
/// A series that has gone, or whose value is no number, is `null`. What is beyond the limit of a message waits for the next
/// one; `waiting` says how many do.
struct MetricsMessage {
    private let maxBytes: Int
    private var waiting: [String: Double] = [:]
    /// The series of `waiting`, the one that has waited longest first.
    private var order: [String] = []
    private var lastTold: [(name: String, value: Double)] = []

    /// What a message has besides its samples, at most.
    private static let frameBytes = 128

    /// - Parameter maxBytes: of a body.
    init(maxBytes: Int) {
        self.maxBytes = maxBytes
    }

    /// - Returns: nil when nothing has changed.
    mutating func body(of round: SampleStore.Round) -> [UInt8]? {
        for change in round.changes {
            if waiting.updateValue(change.value, forKey: change.name) == nil { order.append(change.name) }
        }
        guard !order.isEmpty else { return nil }
        var told = 0
        var writer = JSONWriter(capacity: min(maxBytes, 64 * order.count + Self.frameBytes))
        writer.object { writer in
            writer.key("timestamp")
            writer.number(round.at.seconds)
            writer.key("run")
            writer.integer(round.run)
            writer.key("samples")
            writer.object { writer in
                for name in order {
                    // Quotes and backslashes take a byte more each; 32 for the number.
                    let size = name.utf8.reduce(32) { $0 + ($1 == 0x22 || $1 == 0x5C ? 2 : 1) }
                    guard writer.bytes.count + size + Self.frameBytes <= maxBytes else { break }
                    writer.key(dynamic: name)
                    writer.number(waiting[name] ?? .nan)
                    told += 1
                }
            }
            if told < order.count {
                writer.key("waiting")
                writer.integer(order.count - told)
            }
        }
        lastTold = order[..<told].map { ($0, waiting.removeValue(forKey: $0) ?? .nan) }
        order.removeFirst(told)
        return told == 0 ? nil : writer.bytes
    }

    /// The last message did not get through: what it told is told with the next one, unless it has changed by then.
    mutating func tellAgain() {
        let missed = lastTold.filter { waiting[$0.name] == nil }
        for (name, value) in missed { waiting[name] = value }
        order.insert(contentsOf: missed.map(\.name), at: 0)
        lastTold = []
    }
}
