extension DeliveryState {
    /// Whether a row may go from this state to the next one. A later outcome never erases an earlier one: a replay is
    /// recorded as an attempt of its own. An answer of a listener is proof, whatever was thought before.
    public func mayBecome(_ next: DeliveryState) -> Bool {
        switch (self, next) {
        case (.journaled, _): next != .journaled
        case (_, .robotAcknowledged): self != .robotAcknowledged
        case (.handedOff, .brokerConfirmed), (.handedOff, .uncertain): true
        default: false
        }
    }

    /// A listener may have missed the row: it is kept as long as there is another one to remove.
    public var isOwed: Bool {
        switch self {
        case .journaled, .noSubscriber, .uncertain, .expired: true
        case .handedOff, .brokerConfirmed, .robotAcknowledged, .notPublished: false
        }
    }
}
