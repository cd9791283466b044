/// Who listens to what, as an XPUB socket reports it.
///
/// The topics that are always published are watched from the beginning, so a listener with a million subscriptions costs
/// next to nothing here. Prefixes are remembered up to a limit, so that the topics of a replay can be watched later.
struct Subscriptions: Sendable {
    /// Prefixes beyond this are counted for the watched topics and then forgotten: a replay under a topic prefix would not
    /// see them.
    static let rememberedPrefixes = 4096

    private struct Watch: Sendable {
        let topic: [UInt8]
        /// How many of the subscribed prefixes match it.
        var count = 0
        /// How many of those say more than "everything".
        var named = 0

        mutating func add(_ change: Int, of prefix: ArraySlice<UInt8>) {
            guard topic.starts(with: prefix) else { return }
            count = max(0, count + change)
            if !prefix.isEmpty { named = max(0, named + change) }
        }
    }

    private var watches: [Watch]
    private let permanent: Int
    private var prefixes: [[UInt8]: Int] = [:]

    init(watching topics: [[UInt8]]) {
        watches = topics.map { Watch(topic: $0) }
        permanent = topics.count
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
        let change = kind == 1 ? 1 : -1
        for index in watches.indices { watches[index].add(change, of: prefix) }
        remember(Array(prefix), change)
        return kind == 1 ? .subscribed : .unsubscribed
    }

    private mutating func remember(_ prefix: [UInt8], _ change: Int) {
        let count = (prefixes[prefix] ?? 0) + change
        if count <= 0 {
            prefixes[prefix] = nil
        } else if prefixes[prefix] != nil || prefixes.count < Self.rememberedPrefixes {
            prefixes[prefix] = count
        }
    }

    /// Watches further topics, instead of those of the last call; they come behind the ones given at the start.
    mutating func watch(_ topics: [[UInt8]]) {
        watches.removeSubrange(permanent...)
        for topic in topics {
            var watch = Watch(topic: topic)
            for (prefix, count) in prefixes { watch.add(count, of: prefix[...]) }
            watches.append(watch)
        }
    }

    /// Whether anyone listens to the topic at this place of the list given at the start.
    func reach(_ index: Int) -> Bool {
        watches[index].count > 0
    }

    /// Whether anyone has subscribed to more than everything and gets this topic.
    func reachByName(_ index: Int) -> Bool {
        watches[index].named > 0
    }
}
