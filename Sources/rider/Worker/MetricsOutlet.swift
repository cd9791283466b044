import RiderHistory
import RiderJournal
import RiderModel

/// Messages on `telemetry.metrics`: rows of the journal like results, so that they have numbers without gaps, outlive an
/// outage and can be replayed.
struct MetricsOutlet: Sendable {
    /// Messages that may wait for earlier results to be acknowledged.
    private static let maxWaiting = 64
    /// What the publisher's mark takes up at most.
    private static let markBytes = 512

    let journal: Journal
    let order: TelemetryOrder

    /// - Parameter maxMessageBytes: of a message with its mark.
    func publisher(maxMessageBytes: Int) -> MetricSampler.Publisher {
        MetricSampler.Publisher(maxBytes: maxMessageBytes - Self.markBytes) { body, time in
            guard order.waitingCount < Self.maxWaiting else { return .heldBack }
            do {
                order.publish(try await journal.append([.metrics(body: body, recordedAt: time)]))
                return .journaled
            } catch {
                // The journal logs its own troubles.
                return .failed
            }
        }
    }
}
