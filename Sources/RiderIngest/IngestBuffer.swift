import DequeModule
import RiderModel
import RiderQueue

/// What waits between the bus and the queue: bounded, and the newest frame is worth more than an older one.
struct IngestBuffer {
    enum Content: Sendable {
        case frame(NewTask)
        case task(NewTask)
        /// What somebody said: worth something for a short time only.
        case utterance(NewTask)
        /// Something unreadable that is kept for inspection.
        case burial([UInt8], reason: String)
    }

    struct Item: Sendable {
        let topic: IngestTopic
        let content: Content
        /// Nanoseconds of the monotonic clock.
        let receivedAt: UInt64

        var isFrame: Bool {
            if case .frame = content { true } else { false }
        }

        var isBurial: Bool {
            if case .burial = content { true } else { false }
        }
    }

    let capacity: Int
    private var items: Deque<Item> = []
    /// Items that were taken and may come back: they keep their places.
    private var reserved = 0
    /// At most one event per subject, in the order of the last change.
    private var events: [RobotEvent] = []

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var isEmpty: Bool { items.isEmpty }

    /// - Returns: what had to go for it: the oldest frame, else the new item itself; nil when there was room.
    mutating func append(_ item: Item) -> Item? {
        if items.count + reserved < capacity {
            items.append(item)
            return nil
        }
        guard let oldest = items.firstIndex(where: \.isFrame) else { return item }
        let dropped = items.remove(at: oldest)
        items.append(item)
        return dropped
    }

    /// Takes everything out, in order. What is no frame keeps its place until ``settle(returning:)``.
    mutating func take() -> [Item] {
        let taken = Array(items)
        items.removeAll(keepingCapacity: true)
        reserved = taken.count { !$0.isFrame }
        return taken
    }

    /// Ends a ``take()``.
    ///
    /// - Parameter unfinished: items, no frames, that have to be tried again; they go to the front.
    mutating func settle(returning unfinished: [Item]) {
        reserved = 0
        items.prepend(contentsOf: unfinished)
    }

    mutating func note(_ event: RobotEvent) {
        events.removeAll { $0.subject == event.subject }
        events.append(event)
    }

    mutating func takeEvents() -> [RobotEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }
}
