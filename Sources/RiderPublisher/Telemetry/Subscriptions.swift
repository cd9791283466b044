/// Who listens to what, as an XPUB socket reports it.
///
/// Only the topics that are published are watched, so a listener with a million subscriptions costs nothing here.
struct Subscriptions: Sendable {
    private let topics: [[UInt8]]
    /// For each topic, how many of the subscribed prefixes match it.
    private var counts: [Int]

    init(watching topics: [[UInt8]]) {
        self.topics = topics
        counts = topics.map { _ in 0 }
    }

    enum Change: Sendable, Hashable {
        case subscribed
        case unsubscribed
        /// Not a notification: listeners may send anything.
        case nothing
    }

    /// Takes the first frame of a message from the XPUB socket: 1 or 0, then the prefix.
    mutating func take(_ notification: [UInt8]) -> Change {
        guard let kind = notification.first, kind <= 1 else { return .nothing }
        let prefix = notification.dropFirst()
        for index in topics.indices where topics[index].starts(with: prefix) {
            counts[index] = max(0, counts[index] + (kind == 1 ? 1 : -1))
        }
        return kind == 1 ? .subscribed : .unsubscribed
    }

    /// Whether anyone listens to the topic at this place of the list given at the start.
    func reach(_ index: Int) -> Bool {
        counts[index] > 0
    }
}
