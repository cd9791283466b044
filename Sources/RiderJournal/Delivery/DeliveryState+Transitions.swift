extension DeliveryState {
    /// Whether the first outcome of a row may go from this state to the next one. A later outcome never erases an earlier
    /// one: a replay is recorded as an attempt of its own. An answer of a listener is proof, whatever was thought before.
    public func mayBecome(_ next: DeliveryState) -> Bool {
        switch (self, next) {
        case (.journaled, _): next != .journaled
        case (_, .robotAcknowledged): self != .robotAcknowledged
        case (.handedOff, .brokerConfirmed), (.handedOff, .uncertain): true
        default: false
        }
    }

    /// Whether an attempt to send a row again may take it from this state to the next one: a step of the same attempt, or
    /// what a later attempt has done better.
    ///
    /// `handed_off` gives way to `uncertain` even when an earlier attempt had ended with it: a row is rather sent once more
    /// than believed to have arrived.
    public func mayBecomeByAttempt(_ next: DeliveryState) -> Bool {
        mayBecome(next) || next.certainty > certainty
    }

    /// How sure it is that a listener has got the row.
    private var certainty: Int {
        switch self {
        case .journaled: 0
        case .notPublished: 1
        case .expired: 2
        case .noSubscriber: 3
        case .uncertain: 4
        case .handedOff: 5
        case .brokerConfirmed: 6
        case .robotAcknowledged: 7
        }
    }

    /// The better of what is known from the first time a row was sent and from attempts to send it again.
    public func improved(by attempt: DeliveryState?) -> DeliveryState {
        guard let attempt, attempt.certainty > certainty else { return self }
        return attempt
    }

    /// A listener may have missed the row: it is kept as long as there is another one to remove.
    public var isOwed: Bool {
        switch self {
        case .journaled, .noSubscriber, .uncertain, .expired: true
        case .handedOff, .brokerConfirmed, .robotAcknowledged, .notPublished: false
        }
    }
}

/// Which steps a ledger takes.
enum DeliveryRule: Sendable, Hashable {
    case firstOutcome
    case attempt

    func allows(_ old: DeliveryState, _ new: DeliveryState) -> Bool {
        switch self {
        case .firstOutcome: old.mayBecome(new)
        case .attempt: old.mayBecomeByAttempt(new)
        }
    }
}
