import RiderJournal
import RiderPublisher

extension OutageStateMachine.Signal {
    /// What the publisher tells of its link.
    init(_ change: TelemetryLinkChange) {
        self.init(at: change.at, isUp: change.isUp)
        isFrozen = change.isFrozen
        hasSubscribers = change.hasSubscribers
        lastSentSeq = change.lastSentSeq
        firstRowAtRisk = change.firstRowAtRisk
        lastConfirmedAt = change.lastConfirmedAt
    }
}
