/// What sends replays: a publisher with its socket, one replay at a time.
public protocol ReplayOutlet: Sendable {
    /// A probe confirms what is sent. Without one, `handed_off` is the best that can be known.
    var confirms: Bool { get }

    /// Sends a replay beside live messages, which go first. Cancelling the surrounding task stops it in order: what is on
    /// its way may still be confirmed.
    ///
    /// - Throws: what reading the rows threw, or ``ReplayOutletClosed``.
    func send(_ job: ReplayJob) async throws -> ReplayEnding
}
