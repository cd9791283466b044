import RiderModel

/// Topics that somebody has begun to listen to since that was told last; subscriptions that come together are told together.
struct TopicNews: Sendable {
    private let settle: UInt64
    private var told: Set<TelemetryTopic> = []
    private var changedAt: UInt64?

    /// - Parameter settle: how long subscriptions may still be on their way.
    init(settle: UInt64) {
        self.settle = settle
    }

    /// - Parameter topics: all that somebody listens to now.
    mutating func changed(to topics: Set<TelemetryTopic>, at now: UInt64) {
        told.formIntersection(topics)
        changedAt = topics == told ? nil : changedAt ?? now
    }

    /// Everybody is gone.
    mutating func forget() {
        told = []
        changedAt = nil
    }

    /// When there is something to tell; nil when there is nothing.
    var due: UInt64? { changedAt.map { $0 + settle } }

    /// - Returns: the topics among these that were not told yet, which now they are.
    mutating func take(_ topics: Set<TelemetryTopic>) -> Set<TelemetryTopic> {
        defer {
            told = topics
            changedAt = nil
        }
        return topics.subtracting(told)
    }
}
