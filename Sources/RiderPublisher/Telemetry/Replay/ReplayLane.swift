import RiderModel

/// What is known of a replay's rows on their way. Rows are told one by one in the order in which they leave the window of what
/// is unconfirmed.
struct ReplayLane: Sendable {
    /// Places of its topics among the watched ones.
    let places: [TelemetryTopic: Int]
    let namedOnly: Bool
    private(set) var unconfirmed = 0
    /// A row was lost on the way: what comes behind it does not move the position.
    private(set) var isInDoubt = false
    /// The last row before which nothing is in doubt.
    private(set) var position: Int64?
    /// Rows that have left the window since.
    private var rowsBehind: Int64 = 0
    /// Since when somebody listens to one of its topics.
    private(set) var reachedAt: UInt64?

    init(places: [TelemetryTopic: Int], namedOnly: Bool) {
        self.places = places
        self.namedOnly = namedOnly
    }

    mutating func subscriptionsChanged(_ subscriptions: Subscriptions, at now: UInt64) {
        let hasListener = places.keys.contains { isReached($0, subscriptions) }
        reachedAt = hasListener ? reachedAt ?? now : nil
    }

    mutating func linkWentDown() {
        reachedAt = nil
    }

    func isReached(_ topic: TelemetryTopic, _ subscriptions: Subscriptions) -> Bool {
        guard let place = places[topic] else { return false }
        return namedOnly ? subscriptions.reachByName(place) : subscriptions.reach(place)
    }

    mutating func sent() {
        unconfirmed += 1
    }

    /// A row has left the window.
    ///
    /// - Returns: the position, when the row has moved it.
    mutating func settle(_ seq: Int64, isInDoubt isRowInDoubt: Bool) -> Int64? {
        unconfirmed = max(0, unconfirmed - 1)
        isInDoubt = isInDoubt || isRowInDoubt
        if isInDoubt {
            rowsBehind += 1
            return nil
        }
        position = seq
        return seq
    }

    /// Goes back behind the last row that is not in doubt: what follows is sent once more.
    ///
    /// - Returns: that row, and how many were sent behind it.
    mutating func rewind() -> (position: Int64?, rows: Int64) {
        defer {
            isInDoubt = false
            rowsBehind = 0
        }
        return (position, rowsBehind)
    }
}
