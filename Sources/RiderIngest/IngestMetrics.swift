import Metrics
import RiderModel
import Synchronization

/// `ingest_messages_total{topic,outcome}` and `link_up{link="ingest"}`.
final class IngestMetrics: Sendable {
    /// What became of a message besides the codes of refusals.
    enum Outcome {
        static let accepted = "accepted"
        /// A task of the same id is in the queue already.
        static let duplicate = "duplicate"
        static let queueFull = "queue_full"
        static let tooLarge = "too_large"
        static let bufferFull = "buffer_full"
        /// A frame that waited too long for the queue.
        static let late = "late"
        static let queueUnavailable = "queue_unavailable"
        /// A chunk of sound on its way to an utterance.
        static let heard = "heard"
        /// A noise that was too short to be speech.
        static let tooShort = "too_short"
    }

    private struct Labels: Hashable {
        let topic: String
        let outcome: String
    }

    private let factory: any MetricsFactory
    private let link: Gauge
    /// One per topic and outcome: both come from closed lists, so there are few.
    private let counters = Mutex<[Labels: Counter]>([:])

    init(factory: any MetricsFactory) {
        self.factory = factory
        link = Gauge(label: "link_up", dimensions: [("link", "ingest")], factory: factory)
        link.record(0)
    }

    /// - Parameter topic: nil for any that is not on the list: foreign texts never become labels.
    func count(_ topic: IngestTopic?, _ outcome: String) {
        let labels = Labels(topic: topic?.rawValue ?? "other", outcome: outcome)
        counters.withLock { counters in
            if let counter = counters[labels] { return counter.increment() }
            let counter = Counter(
                label: "ingest_messages_total", dimensions: [("topic", labels.topic), ("outcome", labels.outcome)],
                factory: factory)
            counters[labels] = counter
            counter.increment()
        }
    }

    func setLink(isUp: Bool) {
        link.record(isUp ? 1 : 0)
    }
}
