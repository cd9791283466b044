import RiderBus

/// Tells a peer that hangs from one that is gone. libzmq reports both as a lost connection: what happens around it says
/// which. Times are monotonic nanoseconds.
struct LinkDiagnosis: Sendable {
    /// A peer that lives answers within this.
    private let patience: UInt64
    /// A broker that reads and does not pass on: nothing but its silence tells, with the link up.
    private let silenceLimit: UInt64
    private var connectedAt: UInt64?
    /// Stays until the link comes up, or the peer answers again.
    private(set) var isFrozen = false

    init(heartbeatInterval: UInt64, heartbeatTimeout: UInt64) {
        patience = heartbeatTimeout
        silenceLimit = 2 * (heartbeatInterval + heartbeatTimeout)
    }

    mutating func take(_ event: LinkEvent.Kind, at now: UInt64) {
        // A frozen peer's system takes connections for it.
        connectedAt = event == .connected ? now : nil
    }

    mutating func linkCameUp() {
        connectedAt = nil
        isFrozen = false
    }

    /// - Parameter silence: how long the oldest unanswered probe had been waiting.
    mutating func linkWentDown(silence: UInt64?) {
        // Of a peer that dies the system tells at once; of one that hangs only missing heartbeats do.
        if let silence, silence >= patience / 2 { isFrozen = true }
    }

    mutating func look(at now: UInt64, isUp: Bool, silence: UInt64?) {
        if isUp {
            isFrozen = silence.map { $0 >= silenceLimit } ?? false
        } else if let connectedAt, now >= connectedAt + patience {
            isFrozen = true
        }
    }

    /// When to look again, events aside.
    var deadline: UInt64? { isFrozen ? nil : connectedAt.map { $0 + patience } }
}
